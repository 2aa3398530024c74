"""Words that help to tell names from what looks like names in headlines."""

_ORDINARY = """
a about accused act action admits advice after again against agency all amid an and answers april are as
asked assaulted at attacked august award awards awareness away baby back ban banned be became because been
before bill bodies boss bosses boy braced bristol british budget but by call called calls care case caseload
caseloads cases charge charged child childline children claims cleared code conference cost costs could
council councils court crisis cut cuts day days death debate december department despite did directors do
does each england english ensure every exodus face faces facing failed failings failures families family
february fell fight fights find finds five for former found four friday from gaps gets girl given gives go
government guilty had hails has have he head hearing held help helped helps her hero his hit hits hm home
homes hours how i if ignored in inquiry inspectors into investigated is it its jailed january job jobs join
joins judge judges july june just keep kept labour last law left less let life london lose loses lost made
make man many march may member members met minister ministers miss missed mode monday more most mother mp
mps must near need needed needs new nine no northern not november now numbers october of off office ofsted
on one only or order orders our out over parents parliament pay people plan plans police posts praised
pressure probe profession put quit raise raised records recruitment registration regulator report reports
resigns retention review rise rises row rules sacked safeguarding said saturday save saved says scotland
scottish september seven shared she shortage shortages should since six slammed social speak speaks staff
stop strike strikes struck sues suing sunday support suspended take taken takes team teams teenager tell
tells ten than that the their them then there these they this those three thursday time to told took
training trial tribunal tuesday turnover two uk under union unions up urged us vacancies vacancy wales warn
warned warning warns was way we wednesday week welsh were what when where which who whose why will wins with
without woman won work worker workers working world would wrong year years yesterday you your
"""
_BODIES = """
academy act agency area association authorities authority avenue bill board borough care centre charity
church city coalition college commission commissioner committee council county court crown department
directorate district east education england english estate foundation fund group health high hill home
hospital house inquiry institute ireland labour lane league ministry national network nhs north northern
office ofsted panel parliament party police primary programme project report review road row royal school
scotland scottish secondary secretary service services sheriff social society south street support team
tribunal trust union united university wales welsh west work youth
"""
_OFFICES = """
Judge Justice Sir Dame Lord Lady Baroness Prof Professor Dr MP MSP Cllr Councillor Minister minister
Secretary secretary Commissioner commissioner director
"""

ORDINARY = frozenset(_ORDINARY.split())
"""In capitals in a headline, and still no part of a name."""
BODIES = frozenset(_BODIES.split())
"""Part of the name of a place, an office or an organisation."""
OFFICES = frozenset(_OFFICES.split())
"""Before the names of those who speak for an office; these need not be hidden."""
