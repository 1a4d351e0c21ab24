"""Values, run folders, images and embeddings that are wrong or damaged: refused in a line, or used rightly"""
import json, os, shutil, socket
import numpy as np
from kills import differs
from shared import SHORT, command, verdict

WHOLE = 600
READABLE = '0', '1_000', '٣', '1.5', '1,2'                                          # numbers, in some places
NUMBERS = [*READABLE, '', *'-1 nan inf -inf 1e999 abc -0.5 True None 0x10 1e -- 2**3 [1] 1;2'.split()]
PATHS = ['', 'a\nb', 'x'*300, 'ä\udcff', *'nowhere . / /dev/null /dev/zero /proc/self/mem pipe'.split(),
         *'file.txt loop empty ~nobody/x - %s file.txt/below'.split()]
ODD = [b'', b'\0'*100, b'{"a": NaN}', b'\xff\xfe\x00', b'a,b\n1\n2,3,4\n', b'{'*3000, b'['*100000,
       *b'null [] {} "x" 123'.split()]
POSITIVE = 'epochs lr bs n_inst size k k1 k2 n_parts tau eps'.split()
WORDS = 'arch small clusters denom donors terms early'.split()
# option → values, and those of them that a run may accept; None: all
OPTIONS = {'--seed': (NUMBERS, [*READABLE, '-1']), '--val': (NUMBERS, READABLE),
           '--num_workers': (NUMBERS, READABLE), '--amp': (['fp8', '', 'fp16', 'True'], ['fp16']),
           '--device': (['gpu', 'cuda', 'cuda:99', '', 'meta', 'cpu:1', 'mps', '0', 'xla'], None),
           '--preset': (['none', '', ',', 'demo,', 'fixed,nope', 'DEMO', 'demo;fixed'], ['demo,']),
           '--weights': (['imagenet', *PATHS], []), '--stage1': (PATHS, []), '--path': (PATHS, []),
           '--out': (PATHS, None)}
QUERY, GOOD = ['--query', 'good/0.jpg'], ['--gallery', 'good']
GO_ON = ['fire2_train', 'folder', '--out', 'run', '--resume', '--num_workers', '0', '--device', 'cpu']
USES = [['fire2_eval', 'run'], ['fire2_report', 'run'], ['fire2_embed', 'run', 'good'],
        ['fire2_search', 'run', *QUERY, *GOOD], ['fire2_index', 'run', 'good', '--out', 'i'],
        ['fire2_export', 'run', '--out', 'm.onnx'], ['fire2_compare', 'run', 'run'], GO_ON]

def _put(file, how, data, pick):
    "What may be in the place of a file with these data"
    file.unlink(missing_ok=True)
    if how == 'folder': file.mkdir()
    elif how == 'pipe': os.mkfifo(file)
    elif how == 'loop': file.symlink_to(file.name)
    elif how == 'odd': file.write_bytes(pick.one(ODD))
    elif how == 'cut': file.write_bytes(data[:pick.number(0, len(data) or 1)])
    elif how != 'gone': file.write_bytes(data)

def _senseless(name, old, text):
    "Whether `text` can be no value of the recipe's `name`, which is `old` by default"
    one = old[0] if isinstance(old, tuple) and old else old
    if name in WORDS: return text in ('abc', 'nan', '-1', '--', '[1]')
    if not isinstance(one, (int, float)) or isinstance(one, bool): return False
    if text not in READABLE or name in POSITIVE and text == '0': return True
    return text == '1.5' and isinstance(old, int) or text == '1,2' and one is old

# ---- bad things: (command, what is wrong, whether its end, accepted, is wrong)
def bad_value(c, pick, d):
    from fire2.recipe import PAPER
    name, text = pick.one(sorted(PAPER)), pick.one(NUMBERS)
    others = [o for o in SHORT.split() if not o.startswith(f'{name}=')]
    argv = c.train(' '.join([*others, f'{name}={text}']))
    return argv, f'--set {name}={text}', lambda _: _senseless(name, PAPER[name], text)

def bad_option(c, pick, d):
    option = pick.one(OPTIONS)
    values, fine = OPTIONS[option]
    text = pick.one(values)
    argv = [*c.train(SHORT), f'{option}={text}']
    return argv, f'{option} {text!r}', lambda _: bool(text) and fine is not None and text not in fine

def _change_key(file, pick):
    "One key of a JSON file is missing or has another value"
    x = json.loads(file.read_text())
    at = x['recipe'] if 'recipe' in x and pick.chance(50) else x
    key, value = pick.one([*at]), pick.one([None, 'x', -1, [], {}, 1e99, True, float('nan'), 'gone'])
    if value == 'gone': del at[key]
    else: at[key] = value
    file.write_text(json.dumps(x))
    return f'{key}={value}'

def bad_run(c, pick, d):
    "A damaged run folder, used by a command; resuming it is refused or ends as if nothing had happened"
    use, how = pick.one(USES), pick.one('gone cut flip odd other folder loop pipe key key'.split())
    shutil.copytree(c.stopped if use is GO_ON else c.run, d/'run', symlinks=True)
    files = sorted(f for f in (d/'run').iterdir() if f.is_file())
    f = pick.one([d/'run/config.json', d/'run/config.json', d/'run/metrics.json'] if how == 'key' else files)
    data = bytearray(f.read_bytes()) if f.exists() else b''
    if how == 'flip' and data: data[-1 - pick.number(0, len(data)//4 + 1)] ^= 1 << pick.number(0, 8)
    if how == 'other': data = pick.one(files).read_bytes()
    if how != 'key': _put(f, how, data, pick)
    elif f.exists(): how = _change_key(f, pick)
    def wrong(ended):
        if use is GO_ON: return '=' not in how and f.name not in ended.err and differs(c.run, d/'run')
        unread = how in ('gone', 'cut', 'odd', 'folder', 'loop', 'pipe')
        return unread and f.name == 'last.safetensors' and use[0] != 'fire2_report'
    return use, f'{use[0]}{" --resume"*(use is GO_ON)}, {f.name} {how}', wrong

def bad_image(c, pick, d):
    "An image that cannot be read: refused as the query; among good ones left out, and named"
    f, b = d/'good/bad.jpg', (d/'good/0.jpg').read_bytes()
    search = ['fire2_search', c.run, *GOOD, '--k', 9, '--query']
    use = pick.one([[*search, 'good/0.jpg'], ['fire2_embed', c.run, 'good'], [*search, 'good/bad.jpg']])
    data = dict(empty=b'', text=b'hello', half=b[:len(b)//2], zeros=bytes(5000), svg=b'<svg/>',
                eps=b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n',
                bomb=b'\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x4e\x20\0\0\x4e\x20\x08\x02\0\0\0')
    how = pick.one([*data, 'pipe', 'broken', 'loop', 'socket'])
    if how == 'broken': f.symlink_to('gone.jpg')
    elif how == 'socket':
        here = os.getcwd()
        os.chdir(f.parent); socket.socket(socket.AF_UNIX).bind(f.name); os.chdir(here)
    else: _put(f, how, data.get(how), pick)
    query = use[-1] == 'good/bad.jpg'
    def wrong(ended):
        if query: return True
        return how in data and f.name not in ended.err or use[0] == 'fire2_search' and f.name in ended.out
    return use, f'{use[0]}, {how} {"as the query" if query else "among good ones"}', wrong

def bad_vectors(c, pick, d):
    "A damaged file of embeddings"
    how = pick.one('gone cut odd folder pipe nan inf fewer swapped twice words flat zero'.split())
    f, saved = d/'e.npz', dict(np.load(c.vectors))
    x, names = saved['feats'].copy(), saved['paths'].copy()
    used = pick.one([j for j, p in enumerate(names) if '/train/' not in p])
    if how in ('nan', 'inf'): x[used, 0] = float(how)
    if how == 'zero': x[used] = 0
    if how == 'swapped': names[used] = 'elsewhere.jpg'
    if how == 'twice': names[0] = names[1]
    x = dict(fewer=x[:-1], flat=x[0], words=np.where(x == x[0, 0], 'x', x.astype(str))).get(how, x)
    np.savez(f, **saved | dict(feats=x, paths=names)); _put(f, how, f.read_bytes(), pick)
    argv = ['fire2_score', 'folder', '--path', c.people, '--feats', 'e.npz']
    return argv, f'embeddings, {how}', lambda ended: not (how == 'zero' and 'zero' in ended.err)

def case(c, pick, d):
    (d/'file.txt').write_text('text'); (d/'loop').symlink_to('loop'); os.mkfifo(d/'pipe')       # of `PATHS`
    for name in ('empty', 'good'): (d/name).mkdir()
    for j, f in enumerate(sorted(c.people.glob('query/*/*'))[:3]): shutil.copy(f, d/'good'/f'{j}.jpg')
    bad = pick.one([bad_value, bad_option, bad_run, bad_run, bad_image, bad_run, bad_vectors])
    argv, what, wrong = bad(c, pick, d)
    ended = command(argv, d)
    (d/'output.txt').write_text(f'{argv}\n{ended.out}{ended.err}', errors='replace')
    v, why = verdict(ended, argv[0])
    if v == 'refused' and 'among good ones' in what: v = 'lost'
    found = v == 'ok' and wrong(ended)
    return ('silent', f'{what}: accepted, {found}') if found else (v, f'{what}: {why}')
