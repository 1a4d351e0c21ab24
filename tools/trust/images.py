"""Images in all formats and modes that Pillow writes, cut, overwritten, stretched: read or refused by name"""
import io, time, warnings
from functools import cache
import numpy as np, torch
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

WHOLE = 5000
READ = 'JPEG PNG BMP WEBP TIFF GIF MPO'.split()                                     # an MPO begins as a JPEG
OTHER = 'PPM TGA ICO PCX SGI JPEG2000 DDS EPS PDF IM MSP XBM AVIF ICNS QOI SPIDER DIB BLP'.split()
MODES = 'RGB', 'L', 'P', 'RGBA', '1', 'LA', 'CMYK', 'I;16', 'I', 'F', 'YCbCr', 'LAB'
WIDTHS = b'\xff\xff\xff\xff', b'\0\0\0\0', b'\x7f\xff\xff\xff', b'\0\0\xff\xff'

def _drawing():
    noise = np.random.default_rng(0).integers(0, 256, (40, 24, 3), dtype=np.uint8)
    im = Image.fromarray(noise).resize((48, 80), 0)
    ImageDraw.Draw(im).ellipse((8, 8, 40, 60), fill='red')
    return im

def _in_mode(im, mode):
    if mode == 'LAB': return Image.new('LAB', im.size, 7)
    return im.convert('L').convert(mode) if mode in ('F', 'I', 'I;16', 'LA', '1') else im.convert(mode)

def _variants(im):
    "Format → what else Pillow may be told when it writes one"
    exif, text = Image.Exif(), PngInfo()
    exif[0x0112] = 6; text.add_text('a', 'b'*200, zip=True)                            # lies on its side
    lies = dict(exif=exif)
    tiff = [dict(compression=c) for c in ('tiff_lzw', 'jpeg', 'tiff_adobe_deflate', 'packbits')]
    return dict(TIFF=[*tiff, lies], JPEG=[dict(progressive=True), lies], WEBP=[dict(lossless=True), lies],
                PNG=[dict(pnginfo=text), lies], GIF=[dict(save_all=True, append_images=[im])])

@cache
def pictures():
    "Format → [(mode, variant, bytes)]"
    im, out = _drawing(), {}
    for f in READ + OTHER:
        for m in MODES:
            for kw in [{}, *_variants(im).get(f, [])]:
                if kw.get('compression') == 'jpeg' and m not in ('RGB', 'L'): continue  # libtiff complains
                b = io.BytesIO()
                try: _in_mode(im, m).save(b, f, **kw)
                except Exception: continue                                # no such mode, or no such writer
                out.setdefault(f, []).append((m, ' '.join(kw), b.getvalue()))
    return out

def _damage(b, pick):
    "One to four of the things that happen to files"
    b = bytearray(b)
    for _ in range(pick.number(1, 5)):
        if not b: break
        i, n, head = pick.number(0, len(b)), pick.number(1, 33), pick.number(0, min(len(b), 64))
        how = pick.one('cut bit zeros noise gone more header width again'.split())
        if how == 'cut': del b[i:]
        if how == 'bit': b[i] ^= 1 << pick.number(0, 8)
        if how == 'zeros': b[i:i+n] = bytes(n)
        if how == 'noise': b[i:i+n] = pick.bytes(n)
        if how == 'gone': del b[i:i+n]
        if how == 'more': b[i:i] = pick.bytes(n)
        if how == 'header': b[head] = pick.number(0, 256)
        if how == 'width': b[head:head+4] = pick.one(WIDTHS)
        if how == 'again': b[i:i] = b[:i][-n:]
    return bytes(b)

def _read(path, size):
    "(image or `InputError`, warnings that should not leave it)"
    from fire2.all import InputError, read_image
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter('always')
        try: x = read_image(path, size)
        except InputError as e: x = e
    return x, [str(w.message) for w in found if 'grey levels' not in str(w.message)]

def _other_pixels(x, b):
    im = Image.open(io.BytesIO(b))
    if im.getexif().get(0x0112) == 6: im = im.transpose(Image.Transpose.ROTATE_270)
    return not np.array_equal(np.asarray(im), x.permute(1, 2, 0).numpy())

def _judge(x, path, f, mode, variant, b, whole, size):
    "('silent' or 'traceback', what is wrong), or what came of it"
    if isinstance(x, Exception):
        if '\n' in str(x) or path.name not in str(x): return 'traceback', f'not one line with the name: {x}'
        wrong = whole and f in READ and mode in MODES[:5]
        return ('silent', f'wrongly refused: {x}') if wrong else ('refused', '')
    if x.dtype != torch.uint8 or x.ndim != 3 or len(x) != 3 or size and tuple(x.shape[1:]) != size:
        return 'silent', f'{x.dtype} {list(x.shape)}'
    if f not in READ: return 'silent', 'a format that is not in the list was read'
    exact = whole and f in ('PNG', 'BMP', 'TIFF') and mode == 'RGB' and not size and variant != 'compression'
    return ('silent', 'other pixels') if exact and _other_pixels(x, b) else ('ok', '')

def case(pick, d):
    f = pick.one([f for f in (READ if pick.chance(50) else OTHER) if f in pictures()])
    mode, variant, b = pick.one(pictures()[f])
    whole, size = pick.chance(10), (32, 16) if pick.chance(50) else None
    if not whole: b = _damage(b, pick)
    path = d/f'im.{pick.one([f.lower(), "jpg", "png", "bmp"])}'
    path.write_bytes(b)
    what, start = ' '.join([f, mode, variant, 'whole'*whole]).strip(), time.process_time()
    x, warned = _read(path, size)
    seconds = time.process_time() - start
    if seconds > 2: return 'hang', f'{what}: {seconds:.1f} s'
    if warned: return 'traceback', f'{what}: a warning leaks: {warned[0]}'
    v, why = _judge(x, path, f, mode, variant, b, whole, size)
    return v, f'{what}: {why}' if why else what
