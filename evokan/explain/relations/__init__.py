"""Laws found on the data: sums of products under one outer function, in variables that the network says are enough."""
