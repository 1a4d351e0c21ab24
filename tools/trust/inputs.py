"""Values, run folders, images and embeddings that are wrong or damaged: refused in a line, or used rightly"""
import json, os, shutil, socket
import numpy as np
from campaign import SHORT
from forks import command, verdict
from writes import differs

WHOLE = 600
READABLE = '0', '1_000', '٣', '1.5', '1,2'                                          # numbers, in some places
NUMBERS = [*READABLE, '', *'-1 nan inf -inf 1e999 abc -0.5 True None 0x10 1e -- 2**3 [1] 1;2'.split()]
PATHS = ['', 'a\nb', 'x'*300, 'ä\udcff', *'nowhere . / /dev/null /dev/zero /proc/self/mem pipe'.split(),
         *'file.txt loop empty ~nobody/x - %s file.txt/below'.split()]
ODD = [b'', b'\0'*100, b'{"a": NaN}', b'\xff\xfe\x00', b'a,b\n1\n2,3,4\n', b'{'*3000, b'['*100000,
       *b'null [] {} "x" 123'.split()]
POSITIVE = 'epochs lr bs n_inst size k k1 k2 n_parts tau eps'.split()
WORDS = 'arch small clusters denom donors terms early'.split()
# option → values, and those of them that a run may accept
OPTIONS = {'--seed': (NUMBERS, [*READABLE, '-1']), '--val': (NUMBERS, READABLE),
           '--num_workers': (NUMBERS, READABLE),
           '--device': (['gpu', 'cuda', 'cuda:99', '', 'meta', 'cpu:1', 'mps', '0', 'xla'], None),
           '--amp': (['fp8', '', 'fp16', 'True'], ['fp16']),
           '--preset': (['none', '', ',', 'demo,', 'fixed,nope', 'DEMO', 'demo;fixed'], ['demo,']),
           '--weights': (['imagenet', *PATHS], []), '--stage1': (PATHS, []), '--path': (PATHS, []),
           '--out': (PATHS, None)}
QUERY, GOOD = ['--query', 'good/0.jpg'], ['--gallery', 'good']
GO_ON = ['fire2_train', 'folder', '--out', 'run', '--resume', '--num_workers', '0', '--device', 'cpu']
USES = [['fire2_eval', 'run'], ['fire2_report', 'run'], ['fire2_embed', 'run', 'good'],
        ['fire2_search', 'run', *QUERY, *GOOD], ['fire2_index', 'run', 'good', '--out', 'i'],
        ['fire2_export', 'run', '--out', 'm.onnx'], ['fire2_compare', 'run', 'run'], GO_ON]

def _things(c, d):
    "What the bad values name"
    (d/'file.txt').write_text('text')
    for name in ('empty', 'good'): (d/name).mkdir()
    (d/'loop').symlink_to('loop'); os.mkfifo(d/'pipe')
    for j, f in enumerate(sorted(c.people.glob('query/*/*'))[:3]): shutil.copy(f, d/'good'/f'{j}.jpg')

def _pick(rng, xs): return xs[rng.integers(len(xs))]

def _senseless(name, old, text):
    "Whether `text` can be no value of the recipe's `name`, which is `old` by default"
    one = old[0] if isinstance(old, tuple) and old else old
    number = isinstance(one, (int, float)) and not isinstance(one, bool)
    if name in WORDS: return text in ('abc', 'nan', '-1', '--', '[1]')
    if number and text not in READABLE: return True
    return number and (isinstance(old, int) and text == '1.5' or one is old and text == '1,2') \
        or name in POSITIVE and text == '0'

def bad_value(c, rng, d):
    "A value of the recipe"
    from fire2.recipe import PAPER
    name, text = _pick(rng, sorted(PAPER)), _pick(rng, NUMBERS)
    others = [o for o in SHORT.split() if not o.startswith(f'{name}=')]
    argv = c.train(' '.join([*others, f'{name}={text}']))
    return argv, f'--set {name}={text}', lambda _: _senseless(name, PAPER[name], text)

def bad_option(c, rng, d):
    "The value of an option"
    option = _pick(rng, list(OPTIONS))
    values, fine = OPTIONS[option]
    text = _pick(rng, values)
    argv = [*c.train(SHORT), f'{option}={text}']
    return argv, f'{option} {text!r}', lambda _: bool(text) and fine is not None and text not in fine

def _damage_run(rng, run):
    "One file of a run folder is damaged; (its name, what happened)"
    files = sorted(f for f in run.iterdir() if f.is_file())
    f = _pick(rng, files)
    b, how = f.read_bytes(), _pick(rng, 'gone cut flip odd other folder loop pipe key key'.split())
    if how == 'key': return _damage_json(rng, [f for f in files if f.suffix == '.json'])
    f.unlink()
    if how == 'cut': f.write_bytes(b[:int(rng.integers(len(b) or 1))])
    if how == 'odd': f.write_bytes(_pick(rng, ODD))
    if how == 'other': shutil.copy(_pick(rng, [o for o in files if o != f]), f)
    if how == 'folder': f.mkdir()
    if how == 'loop': f.symlink_to(f.name)
    if how == 'pipe': os.mkfifo(f)
    if how == 'flip':
        x = np.frombuffer(b, np.uint8).copy()
        if len(x): x[rng.integers(len(x)*3//4, len(x))] ^= 1 << rng.integers(8)
        f.write_bytes(x.tobytes())
    return f.name, how

def _damage_json(rng, files):
    "One key of config.json, or of another JSON file, is missing or has another value"
    f = files[0].with_name('config.json') if rng.random() < .8 else _pick(rng, files)
    x = json.loads(f.read_text())
    at = x['recipe'] if f.name == 'config.json' and rng.random() < .5 else x
    key = _pick(rng, sorted(at)) if isinstance(at, dict) else int(rng.integers(len(at)))
    value = _pick(rng, [None, 'x', -1, [], {}, 1e99, True, float('nan'), 'gone'])
    if value == 'gone': del at[key]
    else: at[key] = value
    f.write_text(json.dumps(x))
    return f.name, f'{key}={value}'

def bad_run(c, rng, d):
    "A damaged run folder, used by a command; resuming it is refused or ends as if nothing had happened"
    use = _pick(rng, USES)
    shutil.copytree(c.stopped if use is GO_ON else c.run, d/'run', symlinks=True)
    file, how = _damage_run(rng, d/'run')
    def wrong(ended):
        if use is GO_ON: return '=' not in how and file not in ended.err and differs(c.run, d/'run')
        read = use[0] != 'fire2_report' and file == 'last.safetensors'
        return read and how in ('gone', 'cut', 'odd', 'folder', 'loop', 'pipe')
    return use, f'{use[0]}{" --resume"*(use is GO_ON)}, {file} {how}', wrong

def bad_image(c, rng, d):
    "An image that cannot be read: refused as the query; among good ones left out, and named"
    f, b = d/'good/bad.jpg', (d/'good/0.jpg').read_bytes()
    search = ['fire2_search', c.run, *GOOD, '--k', 9, '--query']
    use = _pick(rng, [[*search, 'good/0.jpg'], ['fire2_embed', c.run, 'good'], [*search, 'good/bad.jpg']])
    data = dict(empty=b'', text=b'hello', cut=b[:len(b)//2], zeros=bytes(5000), svg=b'<svg/>',
                eps=b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n',
                bomb=b'\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x4e\x20\0\0\x4e\x20\x08\x02\0\0\0')
    how = _pick(rng, [*data, 'pipe', 'broken', 'loop', 'socket'])
    if how in data: f.write_bytes(data[how])
    elif how == 'pipe': os.mkfifo(f)
    elif how == 'socket':
        here = os.getcwd()
        os.chdir(f.parent); socket.socket(socket.AF_UNIX).bind(f.name); os.chdir(here)
    else: f.symlink_to('bad.jpg' if how == 'loop' else 'gone.jpg')
    query = use[-1] == 'good/bad.jpg'
    def wrong(ended):
        if query: return True
        return how in data and f.name not in ended.err or use[0] == 'fire2_search' and f.name in ended.out
    return use, f'{use[0]}, {how} {"as the query" if query else "among good ones"}', wrong

def bad_vectors(c, rng, d):
    "A damaged file of embeddings"
    hows = 'gone cut odd folder pipe nan inf fewer swapped twice words flat zero'
    f, how, saved = d/'e.npz', _pick(rng, hows.split()), dict(np.load(c.vectors))
    x, names = saved['feats'].copy(), saved['paths'].copy()
    used = rng.choice([j for j, p in enumerate(names) if '/train/' not in p])
    if how in ('nan', 'inf'): x[used, 0] = float(how)
    if how == 'zero': x[used] = 0
    if how == 'swapped': names[used] = 'elsewhere.jpg'
    if how == 'twice': names[0] = names[1]
    x = dict(fewer=x[:-1], flat=x[0], words=np.where(x == x[0, 0], 'x', x.astype(str))).get(how, x)
    np.savez(f, **saved | dict(feats=x, paths=names))
    if how == 'cut': f.write_bytes(f.read_bytes()[:int(rng.integers(f.stat().st_size))])
    if how == 'odd': f.write_bytes(_pick(rng, ODD))
    if how in ('gone', 'folder', 'pipe'): f.unlink()
    if how == 'folder': f.mkdir()
    if how == 'pipe': os.mkfifo(f)
    argv = ['fire2_score', 'folder', '--path', c.people, '--feats', 'e.npz']
    return argv, f'embeddings, {how}', lambda ended: not (how == 'zero' and 'zero' in ended.err)

BAD_THINGS = bad_value, bad_option, bad_run, bad_run, bad_image, bad_run, bad_vectors

def case(c, i, rng, d):
    _things(c, d)
    bad = BAD_THINGS[i % len(BAD_THINGS)]
    argv, what, wrong = bad(c, rng, d)
    ended = command(argv, d)
    (d/'command.txt').write_text(repr([str(a) for a in argv]), errors='replace')
    (d/'output.txt').write_text(ended.out + ended.err, errors='replace')
    v, why = verdict(ended, argv[0])
    if v == 'refused' and 'among good ones' in what: v = 'lost'
    if v != 'ok': return v, f'{what}: {why}'
    found = wrong(ended)
    return ('silent', f'{what}: accepted, {found}') if found else ('ok', what)
