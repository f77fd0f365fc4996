"""Small files of references as databases and programs write them; every study in them is made up."""

RIS = """TY  - JOUR
AU  - Ito, Kenji
AU  - Müller, B.
TI  - Tea for sleep:
 a randomised trial
T2  - Journal of Tea
VL  - 5
IS  - 3
SP  - 12
EP  - 19
PY  - 2001/05//
AB  - We gave tea.
It helped.
DO  - https://doi.org/10.1000/TEA.1
C2  - 11111111
AN  - WOS:000000000000001
ER  -

TY  - JOUR
A1  - Okoro, C.
T1  - Water for sleep
JO  - J Water
JF  - Journal of Water
VL  - 2 Suppl 1
CP  - 1
SP  - 1–9
Y1  - 2002///
N2  - We gave water.
L3  - 10.1000/water.2
UR  - https://pubmed.ncbi.nlm.nih.gov/22222222/
ER  -
"""

NBIB = """
PMID- 11111111
OWN - NLM
STAT- MEDLINE
DP  - 2001 May-Jun
TI  - Tea for sleep: a randomised
      trial.
VI  - 5
IP  - 3
PG  - 12-9
LID - 10.1000/tea.1 [doi]
AB  - BACKGROUND: We gave tea. RESULTS: It
      helped.
FAU - Ito, Kenji
AU  - Ito K
FAU - Müller, Bernd
AU  - Müller B
CN  - Tea Study Group
JT  - Journal of tea
TA  - J Tea
AID - S0000-1111(01)00001-1 [pii]
AID - 10.1000/tea.1 [doi]
SO  - J Tea. 2001 May-Jun;5(3):12-9. doi: 10.1000/tea.1.

PMID- 22222222
DP  - 2002
TI  - Water for sleep.
AU  - Okoro C
TA  - J Water
"""

OVID = """<1. >
VN  - Ovid Technologies
DB  - Embase
UI  - 621000001
ST  - CONFERENCE ABSTRACT
TI  - Tea for sleep: a randomised trial.
SO  - Journal of Tea. Conference: Tea 2001. 5 (Supplement 3) (no pagination), 2001. Date of Publication: 2001.
AU  - Ito K.
AU  - Muller B.
IN  - (Ito) Tea House, Kyoto, Japan
      (Muller) Teehaus, Bremen, Germany
AB  - Background: We gave tea.
Result(s): It helped.
DO  - http://dx.doi.org/10.1000/tea.1
YR  - 2001

<2. >
VN  - Ovid Technologies
DB  - Ovid MEDLINE(R)
UI  - 22222222
TI  - Water for sleep.
SO  - Journal of Water. 2(1):1-9, 2002 Jan.
AU  - Okoro C
YR  - 2002
"""

BIBTEX = r"""% Written by hand
@string{jot = "Journal of Tea"}

@article{Ito2001,
  title = {{T}ea for sleep: 50% of {\'E}tudes and M{\"u}ller's \& {\O}re's},
  author = {Kenji Ito and M{\"u}ller, Bernd and van der Berg, A. and {Tea Study Group} and others},
  journal = jot,
  year = 2001,
  month = may,
  volume = 5,
  number = {3},
  pages = {12--19},
  doi = {10.1000/tea\_1},
  pmid = {11111111},
}

@article{Ito2001,
  title = "The same key again",
  author = "Ludwig van Beethoven",
  date = {2002-03-04},
  url = {https://doi.org/10.1000/again}
}

@article{broken,
  title = {No brace at the end,
  year = {2003},

@misc{last, title={Water for sleep}, year={2004}}
"""

ENDNOTE_XML = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE xml SYSTEM "RSXML.dtd">
<xml><records>
<record><database name="a.enl" path="a.enl">a.enl</database><ref-type name="Journal Article">17</ref-type>
<contributors><authors><author><style>Ito, Kenji</style></author><author>Tea Study Group,</author></authors>
<secondary-authors><author>Editor, An</author></secondary-authors></contributors>
<titles><title><style face="normal">Tea for </style><style face="italic">sleep</style></title>
<secondary-title>Journal of Tea</secondary-title></titles>
<periodical><full-title>Journal of Tea</full-title></periodical>
<pages><style>12-19</style></pages><volume>5</volume><number>3</number>
<dates><year><style>2001</style></year></dates>
<accession-num>11111111</accession-num><electronic-resource-num>10.1000/tea.1</electronic-resource-num>
<abstract>We gave tea &amp; it helped.</abstract>
<remote-database-name>Medline</remote-database-name>
<urls><related-urls><url>https://example.org/</url></related-urls></urls></record>
<record><ref-type name="Journal Article">17</ref-type><dates><year>2002</year></dates></record>
</records></xml>
"""

WEB_OF_SCIENCE = """FN Clarivate Analytics Web of Science
VR 1.0
PT J
AU Ito, K
   Muller, B
AF Ito, Kenji
   Muller, Bernd
TI Tea for sleep: a randomised
   trial
SO JOURNAL OF TEA
AB We gave tea. It
   helped.
PD MAY
PY 2001
VL 5
IS 3
BP 12
EP 19
DI 10.1000/tea.1
PM 11111111
UT WOS:000000000000001
ER

PT J
AU Okoro, C
TI Water for sleep
SO JOURNAL OF WATER
EA JAN 2002
VL 2
AR e17
UT WOS:000000000000002
ER

EF
"""

WEB_OF_SCIENCE_TABLE = (
    "PT\tAU\tTI\tSO\tAB\tPY\tVL\tIS\tBP\tEP\tAR\tPG\tDI\tUT\tPM\t\n"
    'J\tIto, K; Muller, B\t"Tea" for sleep\tJOURNAL OF TEA\tWe said "tea\t2001'
    "\t5\t3\t12\t19\t\t8\t10.1000/tea.1\tWOS:1\t1\t\n"
)

PUBMED_CSV = (
    "PMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year,Create Date,PMCID,"
    "NIHMS ID,DOI\n"
    '11111111,"Tea for sleep, a trial.","Ito K, Müller B.",J Tea. 2001 May;5(3):12-9. doi: 10.1000/tea.1.'
    ",Ito K,J Tea,2001,2001/05/01,,,10.1000/tea.1\n"
)

SCOPUS_CSV = (
    '"Authors","Author full names","Author(s) ID","Title","Year","Source title","Volume","Issue","Art. No.",'
    '"Page start","Page end","Page count","DOI","Link","Abstract","EID"\n'
    '"Ito K.; Müller B.","Ito, Kenji (7004212771); Müller, Bernd (7004212772)","1;2","Tea for sleep",2001,"Journal of '
    'Tea","5","3","","12","19","8","10.1000/tea.1",'
    '"https://www.scopus.com/inward/record.uri?eid=2-s2.0-85000000001","We gave tea.",'
    '"2-s2.0-85000000001"\n'
)

EMBASE_ROWS = (
    '"TITLE","Tea for sleep"\n"AUTHOR NAMES","Ito K.","Müller B."\n"SOURCE","Journal of Tea (2001) 5:3"\n'
    '"PUBLICATION YEAR","2001"\n"ABSTRACT","We gave tea."\n"EMBASE ACCESSION NUMBER","L621000001"\n'
    '"MEDLINE PMID","11111111","http://www.ncbi.nlm.nih.gov/pubmed/11111111"\n"DOI","10.1000/tea.1"\n\n'
    '"TITLE","Water for sleep"\n"PUBLICATION YEAR","2002"\n'
)

ALL = {
    "ris": RIS,
    "nbib": NBIB,
    "ovid": OVID,
    "bibtex": BIBTEX,
    "endnote_xml": ENDNOTE_XML,
    "web_of_science": WEB_OF_SCIENCE,
    "web_of_science_table": WEB_OF_SCIENCE_TABLE,
    "pubmed_csv": PUBMED_CSV,
    "scopus_csv": SCOPUS_CSV,
    "embase_rows": EMBASE_ROWS,
}
