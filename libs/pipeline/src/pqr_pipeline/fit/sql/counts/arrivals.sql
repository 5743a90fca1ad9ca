select day, hour, pqrs_type, count(*) as n_tickets from facts where is_here group by all
