"""The families of Kolmogorov-Arnold networks that evokan searches.

Each family is one package with the same parts in the same order: ``encoding`` (bits to architecture),
``network`` (the module the user keeps), ``training``, ``explain``, and ``space`` (the class that the
framework finds through the entry-point group ``evokan.search_spaces``). A family imports ``evokan`` and the
shared ``search_spaces.splines``, never another family.
"""
