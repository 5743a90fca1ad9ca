select cast(body_chars as integer) as chars, count(*) as n_mails
from emails
where kind = 'request' and body_chars > 0
group by all
