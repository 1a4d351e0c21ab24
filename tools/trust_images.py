"""Damaged image files, as many as asked for: `load_image` gives an image or an `InputError`, within two seconds. `python tools/trust_images.py 5000`"""
import io, sys, tempfile, time
from collections import Counter
from pathlib import Path
import numpy as np
from PIL import Image
from hypothesis import HealthCheck, Phase, given, seed as seeded, settings, strategies as st
from fire2.core import InputError
from fire2.data.images import load_image

LIMIT = 2.  # seconds that a file may take
MODES = ('RGB', 'L', 'RGBA', 'P', '1', 'CMYK', 'LA', 'I;16', 'F')
OPTIONS = dict(JPEG=[dict(quality=80), dict(progressive=True), dict(exif=b'Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0')],
               TIFF=[dict(compression=c) for c in (None, 'tiff_lzw', 'tiff_adobe_deflate', 'packbits', 'jpeg', 'group4')],
               WEBP=[dict(), dict(lossless=True)], GIF=[dict(), dict(transparency=0)])

def drawn():
    "A small picture with edges, ramps and noise"
    x = np.random.default_rng(0).integers(0, 60, (48, 24, 3)) + np.linspace(0, 190, 48)[:, None, None]
    x[12:30, 6:18] = (200, 40, 40)
    return Image.fromarray(x.astype(np.uint8))

def files():
    "(format, bytes) of that picture in every format and mode that Pillow writes"
    Image.init(); out = []
    for fmt in sorted(Image.SAVE):
        for mode in MODES:
            im = drawn().convert('L').convert('F') if mode == 'F' else Image.fromarray(np.uint16(257)*np.array(drawn().convert('L'))) \
                if mode == 'I;16' else drawn().convert(mode)
            for kw in OPTIONS.get(fmt, [{}]):
                if mode not in dict(group4=('1',), jpeg=('RGB', 'L')).get(kw.get('compression'), MODES): continue  # libtiff would write to stderr
                f = io.BytesIO()
                try: im.save(f, fmt, **kw)
                except Exception: continue                             # Pillow cannot write this mode so
                if f.getvalue(): out.append((fmt, f.getvalue()))
    return out

FILES = files()
READ = [f for f in FILES if f[0] in ('JPEG', 'PNG', 'BMP', 'WEBP', 'TIFF', 'GIF')]
where = st.floats(0, 1)
words = st.sampled_from([b'\0\0\0\0', b'\xff\xff\xff\xff', b'\x7f\xff\xff\xff', b'\xff\xff\xff\x7f', b'\0\0\xff\xff', b'\1', b'\x80'])
edit = st.one_of(st.tuples(st.just('cut'), where, st.just(b'')), st.tuples(st.just('head'), st.floats(0, .1), words | st.binary(min_size=1, max_size=4)),
                 st.tuples(st.sampled_from(['over', 'insert']), where, words | st.binary(min_size=1, max_size=16)),
                 st.tuples(st.just('drop'), where, st.binary(min_size=1, max_size=40)))
damaged = st.tuples(st.sampled_from(READ) | st.sampled_from(FILES), st.lists(edit, max_size=3), st.sampled_from(['png', 'jpg', 'tif', 'gif']))

def edited(data, edits):
    "`data` after each of `edits` (kind, where, bytes)"
    for kind, at, b in edits:
        i = int(at*len(data))
        data = data[:i] if kind == 'cut' else data[:i] + b + data[i:] if kind == 'insert' else \
               data[:i] + data[i+len(b):] if kind == 'drop' else data[:i] + b + data[i+len(b):]
    return data

def trial(path, size=(32, 16)):
    "What `load_image` makes of the file `path`: (image, refused or the name of an exception), seconds"
    t = time.perf_counter()
    try: what = 'image' if load_image(path, size).shape == (3, *size) else 'wrong shape'
    except InputError as e: what = 'refused' if Path(path).name in str(e) and '\n' not in str(e) else f'unclear: {e}'
    except Exception as e: what = type(e).__name__
    return what, time.perf_counter()-t

def campaign(n=5000, seed=0):
    "`n` damaged files: Counter of (format, outcome), the failures as (format, edits, outcome), the longest time"
    found, bad, worst = Counter(), [], [0.]
    with tempfile.TemporaryDirectory() as d:
        @seeded(seed)
        @settings(max_examples=n, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(damaged)
        def one(case):
            (fmt, data), edits, ending = case
            path = Path(d)/f'x.{ending}'; path.write_bytes(edited(data, edits))
            what, took = trial(path)
            if took > LIMIT: what = f'slow: {took:.1f} s'
            found[fmt, what] += 1; worst[0] = max(worst[0], took)
            if what not in ('image', 'refused'): bad.append((fmt, edits, what))
        one()
    return found, bad, worst[0]

if __name__ == '__main__':
    t = time.perf_counter(); found, bad, worst = campaign(int((*sys.argv[1:], 5000)[0]))
    total = Counter()
    for (_, what), k in found.items(): total[what] += k
    print(f'{sum(total.values()):,} files of {len({f for f, _ in found})} formats in {time.perf_counter()-t:.0f} s:', dict(total), f'longest {worst:.2f} s')
    for b in bad[:20]: print(b)
    sys.exit(bool(bad))
