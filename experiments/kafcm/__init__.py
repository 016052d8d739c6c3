"""What the KA-FCM paper measured, measured again, and how well causal graphs are found."""
