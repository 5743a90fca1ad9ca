-- One row per distinct place, in the order given; it is worded `municipality (department)`.
select
    nullif(split_part(place, ' (', 1), '') as municipality,
    nullif(rtrim(split_part(place, ' (', 2), ')'), '') as department
from places
