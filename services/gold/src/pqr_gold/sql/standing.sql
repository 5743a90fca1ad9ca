-- What a definition may ask of a ticket: the facts, and how it stands at the end of the window.
-- Grain: one row per ticket. Relations: facts, calendar. Parameter: window_to.
--
-- is_due       its term ended in the window
-- is_waiting   nobody has answered it, and its thread still takes mail
-- days_so_far  business days from the legal reception to the closing, or to the end of the window while it is open
select
    facts.*,
    due_in_window and effective_due_on <= $window_to as is_due,
    fate = 'open' and thread_ends_on > $window_to as is_waiting,
    coalesce(
        business_days,
        case when fate = 'open' then waited(reception.business_number, today.business_number) else 0 end
    ) as days_so_far
from facts
join calendar as today on today.day = $window_to
left join calendar as reception on reception.day = facts.received_on
