"""The same arrivals with other terms, another capacity to answer or another order. Pure."""
