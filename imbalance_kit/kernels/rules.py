"""The tie rule and the distance, compiled; `order` and `distances` define them."""

from imbalance_kit.kernels import distances, order
from imbalance_kit.kernels._jit import part, uncounted

precedes = part(order.precedes)
squared_distance = uncounted(distances.squared_distance)
sparse_squared_distance = uncounted(distances.sparse_squared_distance)
