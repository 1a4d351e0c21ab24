"""Datasets of a known truth and changes of them, which hypothesis draws, and makes small where one fails"""
import io, json, os, shutil, signal, sys, traceback, warnings
from hypothesis import HealthCheck, given, seed as seeded, settings, strategies as st
from PIL import Image
from forks import BAD, fork

SPLITS = 'train', 'query', 'gallery'
BATCH, LIMIT = 100, 20                                                        # cases a fork, seconds a case
buffer = io.BytesIO(); Image.new('RGB', (1, 1)).save(buffer, 'PNG'); PIXEL = buffer.getvalue()

class Pick:
    "What a case draws"
    def __init__(self, draw): self.draw = draw
    def number(self, a, b): return self.draw(st.integers(a, b - 1))
    def one(self, xs): return self.draw(st.sampled_from([*xs]))
    def order(self, xs): return self.draw(st.permutations([*xs]))
    def bytes(self, n): return self.draw(st.binary(min_size=n, max_size=n))
    def chance(self, percent): return self.draw(st.integers(0, 99)) >= 100 - percent
    def changes(self, xs, twice):
        "One of `xs`, in `twice` percent of cases two"
        return [self.one(xs) for _ in range(1 + self.chance(twice))]

# ---- a dataset and its truth
RULES = 'read', 'either', 'refuse'                   # what a reader must do; either: read rightly, or refuse

class Dataset:
    "`truth`: (split, path) → pid, camid, clothid; `may`: paths that may be left out with a warning"
    def __init__(self): self.truth, self.rule, self.may, self.did = {}, 'read', set(), []
    def need(self, rule): self.rule = max(self.rule, rule, key=RULES.index)
    def unclear(self): self.need('either'); self.truth = None
    def change(self, pick, changes, twice):
        "Make one change, or two; a second one that finds nothing to change is none"
        for f in pick.changes(changes, twice):
            if not self.truth or len({s for s, _ in self.truth}) < 3: return
            try: f(self, pick)
            except (KeyError, IndexError, ValueError):
                if not self.did: raise
                self.unclear()
            self.did.append(f.__name__.strip('_'))

def _found(bm, root):
    "(split, path) → row of all that `bm` holds"
    parts = [('train', bm.train)] + [(s, getattr(p, s)) for p in bm.protocols for s in SPLITS[1:]]
    def key(split, row): return split, os.path.normpath(os.path.relpath(row['path'], root))
    return {key(s, row): row for s, df in parts for row in df.to_dict('records')}

def _parts_otherwise(rows, field):
    "Whether the values of `field` part the images in another way than the truth"
    if any((true[field] is None) != (row[field] == -1) for true, row in rows): return True
    def value(x): return (x['pid'], x[field]) if field == 'clothid' else x[field]     # clothes are a person's
    pairs = {(value(true), value(row)) for true, row in rows if true[field] is not None}
    return not len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})

def _judge(bm, root, data, warned, known):
    if data.rule == 'refuse': return 'silent', 'read, though it should be refused'
    if data.truth is None: return 'ok', ''
    got = _found(bm, root)
    gone, more = [k for k in data.truth if k not in got], [k for k in got if k not in data.truth]
    if gone and not (warned and {f for _, f in gone} <= data.may):
        return 'lost', f'{len(gone)} without a word, {gone[0]}'
    if more: return 'silent', f'{len(more)} images too many, {more[0]}'
    for splits in (SPLITS[:1], SPLITS[1:]):
        rows = [(data.truth[k], row) for k, row in got.items() if k[0] in splits]
        for field in ('pid', *known):
            if field != 'pid' and not all(field in row for _, row in rows): continue    # it may be left out
            if _parts_otherwise(rows, field) and not (warned and data.rule == 'either'):
                return 'silent', f'{field} does not part the images as it should'
    return 'ok', ''

def read(name, path, root, data, known):
    "Read a benchmark; (verdict, why), given the truth"
    from fire2.all import InputError, load_benchmark
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter('always')
        try: bm = load_benchmark(name, path, counts=False)
        except InputError as e:
            if '\n' in str(e): return 'traceback', f'several lines: {e}'
            return ('silent', f'wrongly refused: {e}') if data.rule == 'read' else ('refused', str(e))
    return _judge(bm, root, data, any(issubclass(w.category, UserWarning) for w in found), known)

# ---- many cases in a fork
STARTED = []                                                                  # programs that a case started
PROGRAMS = 'subprocess.Popen', 'os.system', 'os.exec', 'os.posix_spawn'
class Failed(Exception): pass

def _one(case, draw, folder):
    shutil.rmtree(folder, ignore_errors=True); folder.mkdir(parents=True)
    signal.alarm(LIMIT)                                                       # ends the fork
    try: v, what = case(Pick(draw), folder)
    except Exception as e: v, what = 'traceback', ''.join(traceback.format_exception(e, limit=-3)).strip()
    signal.alarm(0)
    return ('silent', f'{what}: a program was started: {STARTED.pop()}') if STARTED else (v, what)

def _batch(case, n, seed, folder, log):
    "Let hypothesis draw `n` cases: a line in `log` for each; the last one is the smallest that fails"
    sys.addaudithook(lambda event, args: STARTED.append(args[0]) if event in PROGRAMS else None)
    @seeded(seed)
    @settings(max_examples=n, database=None, deadline=None, report_multiple_bugs=False,
              suppress_health_check=[*HealthCheck])
    @given(st.data())
    def cases(data):
        log.write('\n'); log.flush()
        v, what = _one(case, data.draw, folder)
        log.write(json.dumps([v, what], default=str)); log.flush()
        if v in BAD: raise Failed
    with open(log, 'a') as log:
        try: cases()
        except Exception: pass                                                # it is in the log

def _lines(log, status):
    "(verdict, what) of each case up to the first that failed, and that one in its smallest form"
    lines = [json.loads(x) if x else None for x in log.read_text().split('\n')[1:]]
    whole = [x for x in lines if x]
    if status and lines[-1:] in ([], [None]):
        end = ('hang', f'over {LIMIT} s') if status == 'hang' else ('traceback', f'it died: {status}')
        return [*whole, end]
    first = next((i for i, x in enumerate(whole) if x[0] in BAD), None)
    return whole if first is None else [*whole[:first], whole[-1]]

def draw_cases(c, kind, case, n, only=None):
    "(batch, verdict, what, folder) of `n` cases, or of the batch `only`"
    for b in range(-(-n//BATCH)):
        if only not in (None, b): continue
        folder, log, size = c.folder(kind, b), c.work/f'{kind}-{b}.log', min(BATCH, n - b*BATCH)
        log.write_text('')
        ended = fork(lambda: _batch(case, size, f'{kind} {c.seed} {b}', folder, log), c.work, LIMIT*size)
        for v, what in _lines(log, ended.status): yield b, v, what, folder
