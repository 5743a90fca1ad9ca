-- One row per thing told of a radicado for which another thread had been told by that day, of late.
select distinct news.name as radicado, news.root, news.told_on
from news
inner join names on names.name = news.name
    and names.root <> news.root
    and names.told_on between news.told_on - $thread_days and news.told_on
where length(news.name) = $digits and ltrim(news.name, '0123456789') = ''
