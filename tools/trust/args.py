"""Argument lists with words left out, put in, doubled or in another order: done, or refused in one line"""
from campaign import SHORT
from forks import command, verdict

WHOLE = 1000
OPTIONS = '--help --nope -x --out --out= --which --which=best --k --k=3 --seed --pa --resume --rerank --set'
VALUES = '-- - -1 0 nan x last None 1e5 ltcc synth folder /dev/null . = é @file * epochs=0'
WORDS = [*OPTIONS.split(), '--list', '--open', '--version', '-h', *VALUES.split(), '', ' ', '\udcff', '9'*40]

def _right(c):
    "A short right list of each command"
    run, folder = c.run, ['folder', '--path', c.people]
    query, gallery = sorted(c.people.glob('query/*/*'))[0], c.people/'gallery'
    few = ['--people', 'tiny n_ids=2 n_test_ids=2', '--height', 16, '--width', 8]
    lists = dict(fire2_train=c.train(SHORT)[1:], fire2_eval=[run, '--which', 'best'],
                 fire2_embed=[run, query, '--out', 'e.npz'], fire2_index=[run, gallery, '--out', 'i'],
                 fire2_search=[run, '--query', query, '--gallery', gallery, '--k', 3, '--out', 's.png'],
                 fire2_check=[*folder, '--open'], fire2_report=[run, '--which', 'best'],
                 fire2_synth=['--layout', 'folder', '--out', 'o', *few, '--seed', 3],
                 fire2_score=[*folder, '--feats', c.vectors], fire2_compare=[run, run],
                 fire2_export=[run, '--out', 'm.onnx'], fire2_bench=['--suites', 'none'],
                 fire2_probe=[run, '--n', 2, '--out', 'p'])
    return {k: [str(a) for a in v] for k, v in lists.items()}

def _change(argv, rng):
    "One thing done to a list"
    how, j = rng.integers(7), int(rng.integers(len(argv) + 1))
    word, more = (str(rng.choice(WORDS)) for _ in range(2))
    at = min(j, len(argv) - 1)
    if how == 0: return [a for n, a in enumerate(argv) if n != j]
    if how == 1: return [*argv[:j], word, *argv[j:]]
    if how == 2: return [*argv[:j], word, *argv[j+1:]]
    if how == 3: return argv + argv[at:at+1]
    if how == 4: return [*argv[:j], *(a + a[-1:] for a in argv[j:j+1]), *argv[j+1:]]    # last letter twice
    if how == 5: return [argv[n] for n in rng.permutation(len(argv))]
    return [*argv, word, more]

def _kept_short(name, argv):
    "Where the change took away what makes the command quick"
    short = dict(fire2_train=('epochs=', f'--set={SHORT}'), fire2_bench=('none', '--suites=none'),
                 fire2_synth=('n_ids', '--people=tiny n_ids=2 n_test_ids=2'), fire2_probe=('--n', '--n=2'))
    word, option = short.get(name, ('', ''))
    return argv if any(word in a for a in argv) or not word else [*argv, option]

def case(c, i, rng, d):
    lists = _right(c)
    name = str(rng.choice(sorted(lists)))
    argv = lists[name]
    for _ in range(rng.choice([1, 1, 2, 3])): argv = _change(argv, rng)
    argv = _kept_short(name, argv)
    ended = command([name, *argv], d)
    (d/'command.txt').write_text(repr([name, *argv]))
    (d/'output.txt').write_text(ended.out + ended.err, errors='replace')
    v, why = verdict(ended, name)
    return v, f'{name} {argv}: {why}'
