"""Images in all formats and modes that Pillow writes, cut, overwritten, stretched: read or refused by name"""
import io, itertools, warnings
from functools import cache
import numpy as np, torch
from PIL import Image
from fire2.all import InputError, read_image

WHOLE = 5000
READ = 'JPEG PNG BMP WEBP TIFF GIF MPO'.split()                                     # an MPO begins as a JPEG
OTHER = 'PPM TGA ICO PCX SGI JPEG2000 DDS EPS AVIF QOI'.split()
MODES = 'RGB', 'L', 'P', 'RGBA', '1', 'LA', 'CMYK', 'I;16', 'I', 'F', 'YCbCr'
EXACT, LOSSLESS, TURNED = MODES[:6], ('PNG', 'BMP', 'TIFF'), ('PNG', 'TIFF', 'JPEG', 'WEBP')
WIDTHS = b'\xff\xff\xff\xff', b'\0\0\0\0', b'\x7f\xff\xff\xff', b'\0\0\xff\xff'
PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (80, 48, 3), np.uint8))

def _in_mode(mode): return (PICTURE.convert('L') if mode == 'I;16' else PICTURE).convert(mode)

@cache
def pictures():
    "Format → [(mode, whether it lies on its side, bytes)]"
    out, exif = {}, Image.Exif()
    exif[0x0112] = 6
    for f, m, turned in itertools.product(READ + OTHER, MODES, (False, True)):
        b = io.BytesIO()
        if turned and f not in TURNED: continue
        try: _in_mode(m).save(b, f, exif=exif if turned else b'')
        except Exception: continue                                        # no such mode, or no such writer
        out.setdefault(f, []).append((m, turned, b.getvalue()))
    return out

def _damage(b, pick):
    "One to four slices are gone or become zeros, noise, what was before them or a large width"
    for _ in range(pick.number(1, 5)):
        i, n = pick.number(0, min(len(b), pick.one([64, 10**9])) + 1), pick.number(1, 33)
        new = pick.one([b'', bytes(n), pick.bytes(n), b[:i][-n:], *WIDTHS])
        b = b[:i] + new + b[i + pick.one([0, len(new) or n, 10**9]):]
    return b

def _judge(path, size, f, mode, turned, whole):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter('always')
        try: x = read_image(path, size)
        except InputError as e: x = str(e)
    leaks = [str(w.message) for w in found if 'grey levels' not in str(w.message)]
    if leaks: return 'traceback', f'a warning leaks: {leaks[0]}'
    if isinstance(x, str):
        if '\n' in x or path.name not in x: return 'traceback', f'not one line with the name: {x}'
        return ('silent' if whole and f in READ and mode in EXACT else 'refused'), x
    if f not in READ: return 'silent', 'a format that is not in the list was read'
    if x.dtype != torch.uint8 or x.ndim != 3 or len(x) != 3 or size and tuple(x.shape[1:]) != size:
        return 'silent', f'{x.dtype} {list(x.shape)}'
    if not whole or size or f not in LOSSLESS or mode not in EXACT: return 'ok', ''
    im = _in_mode(mode).convert('RGB')
    if turned: im = im.transpose(Image.Transpose.ROTATE_270)
    return ('ok', '') if np.array_equal(np.asarray(im), x.permute(1, 2, 0)) else ('silent', 'other pixels')

def case(pick, d):
    f = pick.one([f for f in (READ if pick.chance(50) else OTHER) if f in pictures()])
    mode, turned, b = pick.one(pictures()[f])
    whole, size = pick.one([False, False, True]), pick.one([None, (32, 16)])
    path = d/f'im.{pick.one([f.lower(), "jpg", "png"])}'
    path.write_bytes(b if whole else _damage(b, pick))
    v, why = _judge(path, size, f, mode, turned, whole)
    return v, f'{f} {mode}{" turned"*turned}{" whole"*whole}: {why}'
