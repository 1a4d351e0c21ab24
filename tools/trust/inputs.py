"""Values, run folders, images and embeddings that are wrong or damaged: refused in a line, or used rightly"""
import json, os, shutil
import numpy as np
from fire2.recipe import PAPER
from kills import die, differs, killed
from shared import RESUME, SHORT, SYNTH, command, people, reference, train, vectors

WHOLE = 600
READABLE = '0', '1_000', '٣', '1.5'                                                 # numbers, in some places
NUMBERS = [*READABLE, '', *'-1 nan inf 1e999 abc True None 0x10 -- [1]'.split()]
PATHS = ['', 'a\nb', 'x'*300, 'ä\udcff', *'nowhere / /dev/zero pipe file.txt loop empty file.txt/x'.split()]
# option → values, and those of them that a run may accept
OPTIONS = {'--seed': (NUMBERS, READABLE), '--val': (NUMBERS, READABLE), '--num_workers': (NUMBERS, READABLE),
           '--amp': (['fp8', 'fp16', 'True'], ['fp16']), '--preset': (['none', 'fixed,nope'], []),
           '--device': (['gpu', 'cuda:99', 'mps', '0', 'xla'], []), '--out': (PATHS, PATHS),
           '--weights': (['imagenet', *PATHS], []), '--stage1': (PATHS, []), '--path': (PATHS, [])}
SEARCH = 'fire2_search', 'run', '--gallery', 'good', '--query'
USES = [['fire2_eval', 'run'], ['fire2_report', 'run'], ['fire2_embed', 'run', 'good'], RESUME,
        ['fire2_index', 'run', 'good', '--out', 'i'], ['fire2_export', 'run', '--out', 'm.onnx'],
        [*SEARCH, 'good/0.jpg']]

# ---- a file that is spoilt
BOMB = b'\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x4e\x20\0\0\x4e\x20\x08\x02\0\0\0'
ODD = b'', b'\0'*100, b'{"a": NaN}', b'\xff\xfe\x00', b'['*100000, b'null', b'[]', b'{}', BOMB
SPOILT = 'gone', 'cut', 'odd', 'folder', 'pipe'

def _spoil(file, how, pick):
    "A file is one of `SPOILT`, or stays"
    data = file.read_bytes()
    if how in SPOILT: file.unlink()
    if how == 'cut': file.write_bytes(data[:pick.number(0, len(data)//2 + 1)])
    if how == 'odd': file.write_bytes(pick.one(ODD))
    if how == 'folder': file.mkdir()
    if how == 'pipe': os.mkfifo(file)

# ---- bad things: (what came of a command, what is wrong, whether it must not be accepted)
def _senseless(default, text):
    "Whether `text` can be no value of the recipe where `default` can be one"
    one = default[0] if isinstance(default, tuple) and default else default
    if isinstance(one, bool): return False
    if not isinstance(one, (int, float)): return text in ('abc', '-1', '[1]')
    return text not in READABLE or text == '1.5' and isinstance(one, int)

def bad_value(pick, d):
    name, text = pick.one(sorted(PAPER)), pick.one(NUMBERS)
    others = [o for o in SHORT.split() if not o.startswith(f'{name}=')]
    ended = command(train(' '.join([*others, f'{name}={text}'])), d)
    return ended, f'--set {name}={text}', _senseless(PAPER[name], text)

def bad_option(pick, d):
    option = pick.one(OPTIONS)
    values, fine = OPTIONS[option]
    text = pick.one(values)
    return command([*train(SHORT), f'{option}={text}'], d), f'{option} {text!r}', text not in fine

def _change_key(file, pick):
    "One key of a JSON file is missing or has another value"
    x = json.loads(file.read_text())
    at = x['recipe'] if 'recipe' in x and pick.chance(50) else x
    key, value = pick.one([*at]), pick.one([None, 'x', -1, [], {}, 1e99, True, float('nan'), 'gone'])
    at[key] = value
    if value == 'gone': del at[key]
    file.write_text(json.dumps(x))
    return f'{key}={value}'

def bad_run(pick, d):
    "A damaged run folder, used by a command; resuming it is refused or ends as if nothing had happened"
    use, how = pick.one(USES), pick.one([*SPOILT, 'flip', 'key', 'key'])
    if use is RESUME: killed(SYNTH, d, reference()[1]['rename state.pt.part'][-1], die)
    else: shutil.copytree(reference()[0], d/'run')
    f = pick.one(sorted((d/'run').glob('[cm]*.json' if how == 'key' else '[a-z]*.*')))
    if how == 'key': how = _change_key(f, pick)
    if how == 'flip':
        data = bytearray(f.read_bytes())
        data[-1 - pick.number(0, len(data)//4)] ^= 1 << pick.number(0, 8)
        f.write_bytes(data)
    _spoil(f, how, pick)
    ended = command(use, d)
    wrong = how in SPOILT and f.name == 'last.safetensors' and use[0] != 'fire2_report'
    if use is RESUME and ended.verdict == 'ok' and '=' not in how:
        wrong = f.name not in ended.err and differs(d/'run')
    return ended, f'{" ".join(map(str, use))}, {f.name} {how}', wrong

def bad_image(pick, d):
    "An image that cannot be read: refused as the query; among good ones left out, and named"
    shutil.copytree(reference()[0], d/'run')
    how, query = pick.one(['cut', 'odd', 'pipe']), pick.one(['good/bad.jpg', 'good/0.jpg'])
    shutil.copy(d/'good/0.jpg', d/'good/bad.jpg')
    _spoil(d/'good/bad.jpg', how, pick)
    ended = command([*SEARCH, query], d)
    if query == 'good/bad.jpg': return ended, f'{how} as the query', True
    if ended.verdict == 'refused': ended = ended._replace(verdict='lost')
    wrong = 'bad.jpg' in ended.out or how != 'pipe' and 'bad.jpg' not in ended.err
    return ended, f'{how} among good ones', wrong

def bad_vectors(pick, d):
    "A damaged file of embeddings"
    how = pick.one([*SPOILT, 'nan', 'zero', 'fewer', 'swapped', 'words'])
    saved = dict(np.load(vectors()))
    x, names = saved['feats'], saved['paths']
    used = pick.one([j for j, p in enumerate(names) if '/query/' in p])
    if how == 'nan': x[used, 0] = np.nan
    if how == 'zero': x[used] = 0
    if how == 'swapped': names[used] = 'elsewhere.jpg'
    if how == 'fewer': saved['feats'] = x[:-1]
    if how == 'words': saved['feats'] = np.full(x.shape, 'x')
    np.savez(d/'e.npz', **saved)
    _spoil(d/'e.npz', how, pick)
    ended = command(['fire2_score', 'folder', '--path', people(), '--feats', 'e.npz'], d)
    return ended, f'embeddings, {how}', how != 'zero' or 'zero' not in ended.err

def case(pick, d):
    (d/'file.txt').write_text('text')                                                # these are for `PATHS`
    (d/'loop').symlink_to('loop')
    os.mkfifo(d/'pipe')
    for name in ('empty', 'good'): (d/name).mkdir()
    for j, f in enumerate(sorted(people().glob('query/*/*'))[:3]): shutil.copy(f, d/'good'/f'{j}.jpg')
    ended, what, wrong = pick.one([bad_value, bad_option, bad_run, bad_run, bad_image, bad_vectors])(pick, d)
    if ended.verdict == 'ok' and wrong: return 'silent', f'{what}: accepted, {wrong}'
    return ended.verdict, f'{what}: {ended.why}'
