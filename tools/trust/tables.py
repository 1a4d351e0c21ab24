"""A CSV file of images, with one thing changed: read rightly, or refused"""
import pandas as pd
from shared import people
from trees import SPLITS, Dataset, read

WHOLE, NEEDED = 2500, ['path', 'pid', 'split']

# ---- changes of a field: which field, what it becomes ({v}: it), what a reader must do, which rows
SPACED, ACCENTS, NOBODY = ['{v} ', '\t{v}', '{v}\u00a0'], ['\u00e9{v}', 'e\u0301{v}'], ['', 'nan', 'None']
UNKNOWN = [*NOBODY, '-1', 'null', ' ']
FIELDS = dict(
    spaced=('pid split camid clothid', SPACED, 'either', 'one'),
    names=('pid', ['P{v}', '00{v}', str(2**60)[:-1] + '{v}', '9'*30 + '{v}', *ACCENTS], 'read', 'all'),
    floats=('pid', ['{v}.0'], 'either', 'all'),
    otherwise=('pid', ['{v}.0', '0{v}', *ACCENTS], 'unclear', 'one'),
    unknown=('camid clothid', UNKNOWN, 'read', 'one'), nobody=('pid', NOBODY, 'refuse', 'one'),
    no_path=('path', ['', 'gone.jpg', '/', 'images', '\0', 'images/' + 'x'*300], 'refuse', 'one'),
    no_split=('split', ['test', '', 'gallery2', '0'], 'refuse', 'one'),
    capitals=('split', ['TRAIN', 'Query'], 'unclear', 'one'),
    dots=('path', ['./{v}', 'images/../{v}'], 'read', 'one'), backslash=('path', ['{b}'], 'either', 'one'))

def a_field(t, pick, df):
    "One field, in one row or in all"
    name, i = pick.one(FIELDS), pick.number(0, len(df))
    fields, texts, rule, which = FIELDS[name]
    field, text = pick.one(fields.split()), pick.one(texts)
    if name == 'unknown': t.truth[df.split[i], df.path[i]][field] = -1
    for j in df.index if which == 'all' else [i]:
        df.loc[j, field] = text.format(v=df.loc[j, field], b=df.loc[j, field].replace('/', '\\'))
    return name, rule, df.to_csv(index=False)

# ---- changes of rows, columns and the text: name → what a reader must do, and what they become
def a_row(t, pick, df):
    "Rows or columns that are out, twice, more or in another order"
    row, split, column = df.sample(1, random_state=pick.number(0, 99)), pick.one(SPLITS), pick.one(NEEDED)
    changes = dict(
        twice=('either', pd.concat([df, row])), two_people=('refuse', pd.concat([df, row.assign(pid='99')])),
        order=('read', df.iloc[::-1, ::-1]), no_column=('refuse', df.drop(columns=column)),
        further=('read', df.assign(**{pick.one(['', 'note']): pick.one(['a', '"', ',', 'é\n', ''])})),
        no_split=('refuse', df[df.split != split]))
    name = pick.one(changes)
    rule, df = changes[name]
    return name, rule, df.to_csv(index=False)

CELLS = ['', ' ', '\n', '\0', '\ufeff', 'e\u0301', '2'*30, 'x'*5000, '""',
         *'-1 nan 9.0 " , ; \\ ../ 1e400 train images'.split()]

def the_text(t, pick, df):
    "Other line ends, another encoding, or damage"
    text = df.to_csv(index=False)
    j, k, cell = pick.number(0, len(text) + 1), pick.number(0, 4), pick.one(CELLS)
    forms = dict(
        line_ends=('read', [text.replace('\n', end) for end in ('\r\n', '\r')]),
        blank_lines=('either', [text.replace('\n', '\n\n', 3)]),
        separator=('either', [text.replace(',', sep) for sep in ';\t|']),
        encoding=('either', [text.encode(code) for code in ('utf-8-sig', 'utf-16', 'utf-16-le', 'utf-32')]),
        capitals=('either', [text.replace(name, name.upper(), 1) for name in NEEDED]),
        a_cell_more=('either', [f'{text[:-1]},more\n']),
        empty=('refuse', ['', '\n', text.split('\n')[0]]),
        damaged=('unclear', [text[:j], text[:j] + cell + text[j + k:]]))
    name = pick.one([*forms, 'damaged'])
    rule, texts = forms[name]
    return name, rule, pick.one(texts)

def case(pick, d):
    t = Dataset('csv', d)
    (d/'images').symlink_to(people('csv')/'images')
    df = pd.read_csv(people('csv')/'people.csv', dtype=str)
    name, t.rule, text = pick.one([a_field, a_field, a_row, the_text])(t, pick, df)
    (d/'t.csv').write_bytes(text if isinstance(text, bytes) else text.encode())
    v, why = read('csv', d/'t.csv', t)
    return v, f'{name}: {why}'
