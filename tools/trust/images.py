"""Images in all formats and modes that Pillow writes, cut, overwritten, stretched: read or refused by name"""
import io, time, warnings
from functools import cache
import numpy as np, torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

WHOLE = 5000
READ = 'JPEG PNG BMP WEBP TIFF GIF MPO'.split()                                     # an MPO begins as a JPEG
OTHER = 'PPM TGA ICO PCX SGI JPEG2000 DDS EPS PDF IM MSP XBM AVIF ICNS QOI SPIDER DIB BLP'.split()
MODES = 'RGB', 'L', 'P', 'RGBA', '1', 'LA', 'CMYK', 'I;16', 'I', 'F', 'YCbCr', 'LAB'
WIDTHS = b'\xff\xff\xff\xff', b'\0\0\0\0', b'\x7f\xff\xff\xff', b'\0\0\xff\xff'

def _in_mode(im, mode):
    if mode == 'LAB': return Image.new('LAB', im.size, 7)
    return im.convert('L').convert(mode) if mode in ('F', 'I', 'I;16', 'LA', '1') else im.convert(mode)

def _variants(im):
    "Format → what else Pillow may be told when it writes one"
    exif, text = Image.Exif(), PngInfo()
    exif[0x0112] = 6; text.add_text('a', 'b'*200, zip=True)                            # lies on its side
    lies, packed = dict(exif=exif), [dict(compression=o) for o in ('tiff_lzw', 'packbits')]
    return dict(TIFF=[*packed, lies], JPEG=[dict(progressive=True), lies], WEBP=[dict(lossless=True), lies],
                PNG=[dict(pnginfo=text), lies], GIF=[dict(save_all=True, append_images=[im])])

@cache
def pictures():
    "Format → [(mode, variant, bytes)]"
    im, out = Image.effect_noise((48, 80), 99).convert('RGB'), {}
    for f in READ + OTHER:
        for m in MODES:
            for kw in [{}, *_variants(im).get(f, [])]:
                b = io.BytesIO()
                try: _in_mode(im, m).save(b, f, **kw)
                except Exception: continue                                # no such mode, or no such writer
                out.setdefault(f, []).append((m, ' '.join(kw), b.getvalue()))
    return out

def _damage(b, pick):
    "One to four slices are gone or become zeros, noise, what was before them or a large width"
    for _ in range(pick.number(1, 5)):
        i, n = pick.number(0, min(len(b), pick.one([64, 10**9])) + 1), pick.number(1, 33)
        new = pick.one([b'', bytes(n), pick.bytes(n), b[:i][-n:], *WIDTHS])
        b = b[:i] + new + b[i + pick.one([0, len(new) or n, 10**9]):]
    return b

def _judge(path, size, f, mode, variant, whole):
    from fire2.all import InputError, read_image
    start = time.process_time()
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter('always')
        try: x = read_image(path, size)
        except InputError as e: x = e
    leaks = [str(w.message) for w in found if 'grey levels' not in str(w.message)]
    if time.process_time() - start > 2: return 'hang', 'over 2 s'
    if leaks: return 'traceback', f'a warning leaks: {leaks[0]}'
    if isinstance(x, Exception):
        if '\n' in str(x) or path.name not in str(x): return 'traceback', f'not one line with the name: {x}'
        return ('silent' if whole and f in READ and mode in MODES[:5] else 'refused'), str(x)
    if x.dtype != torch.uint8 or x.ndim != 3 or len(x) != 3 or size and tuple(x.shape[1:]) != size:
        return 'silent', f'{x.dtype} {list(x.shape)}'
    if f not in READ: return 'silent', 'a format that is not in the list was read'
    exact = whole and f in ('PNG', 'BMP', 'TIFF') and mode == 'RGB' and not size and variant != 'compression'
    return ('silent', 'other pixels') if exact and _other_pixels(x, path) else ('ok', '')

def _other_pixels(x, path):
    im = Image.open(path)
    if im.getexif().get(0x0112) == 6: im = im.transpose(Image.Transpose.ROTATE_270)
    return not np.array_equal(np.asarray(im), x.permute(1, 2, 0).numpy())

def case(c, pick, d):
    f = pick.one([f for f in (READ if pick.chance(50) else OTHER) if f in pictures()])
    mode, variant, b = pick.one(pictures()[f])
    whole, size = pick.chance(10), (32, 16) if pick.chance(50) else None
    path = d/f'im.{pick.one([f.lower(), "jpg", "png", "bmp"])}'
    path.write_bytes(b if whole else _damage(b, pick))
    v, why = _judge(path, size, f, mode, variant, whole)
    return v, f'{f} {mode} {variant}{" whole"*whole}: {why}'
