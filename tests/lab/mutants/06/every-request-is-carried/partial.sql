select month, pqrs_type, business_days, 1 as closed
from tickets
