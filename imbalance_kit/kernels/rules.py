"""The tie rule and the distance, compiled; `order` and `distances` define them."""

from imbalance_kit.kernels import distances, order
from imbalance_kit.kernels._jit import kernel, part

precedes = part(order.precedes)
squared_distance = kernel(distances.squared_distance)
sparse_squared_distance = kernel(distances.sparse_squared_distance)
