"""A network of laws and splines, fitted, simplified and grown again on rows: numbers, without symbols."""
