-- Requests by their length, four steps to each doubling.
select cast(round(pow(2, floor(4 * log2(chars)) / 4)) as integer) as from_chars, sum(n_mails) / sum(sum(n_mails)) over () as share
from lengths
group by all
order by from_chars
