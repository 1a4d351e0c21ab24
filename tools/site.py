"Documentation from the notebooks without Quarto: nbdev processes them, the pandoc of `pypandoc_binary` renders them"
import base64, html, inspect, json, re, shutil, subprocess, sys, yaml
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote

import pypandoc
import fastcore.docments
from fastcore.docments import DocmentTbl
from fastcore.script import call_parse
from nbdev.config import get_config
from nbdev.doclinks import NbdevLookup, _nbpath2html, nbglob
from nbdev.processors import FilterDefaults
from nbdev.showdoc import show_doc
from execnb.nbio import read_nb

cfg, tools = get_config(), Path(__file__).parent
root, nbs, lib, out = cfg.config_path, cfg.nbs_path, cfg.lib_path, cfg.doc_path
doc_url = f'{cfg.doc_host}{cfg.doc_baseurl}/'
reader = 'markdown-smart-citations-example_lists+lists_without_preceding_blankline+autolink_bare_uris'

def pandoc(text, *args):
    return subprocess.run([pypandoc.get_pandoc_path(), *args], input=text, text=True, check=True,
                          stdout=subprocess.PIPE).stdout

def html_to_gfm(s): return pandoc(s, '-f', 'html', '-t', 'gfm-raw_html', '--wrap=none')
def page_name(nb): return _nbpath2html(Path(nb)).name
def src_page(py): return f"source/{str(py).removesuffix('.py').replace('/', '.')}.html"
def fence(s, attrs=''): return f'\n``````{attrs}\n{s.rstrip()}\n``````\n'
def plain(s): return s.replace('`', '')
def inline(s): return re.sub('`(.+?)`', r'<code>\1</code>', html.escape(s))

# ---- a processed notebook as markdown
class Filter(FilterDefaults):
    "nbdev's processors without the one that runs code: `entry` documents the installed module"
    def base_procs(self): return [o for o in super().base_procs() if o.__name__ != 'exec_show_docs']

def fewer_links(s):
    "Of nbdev's links keep those to this library's public names, and to others only where that is no everyday word"
    s = re.sub(r'\[(`_[^`]+`)\]\(http[^)]+\)', r'\1', s)
    def f(m): return m[0] if m[2].startswith(doc_url) or re.search('[A-Z_.(]', m[1]) else m[1]
    return re.sub(r'\[(`[^`]+`)\]\((http[^)]+)\)', f, s)

_nm = fastcore.docments._maybe_nm
fastcore.docments._maybe_nm = lambda o: re.sub(r'`[^`]*`|\|', lambda m: '\\|' if m[0] == '|' else m[0],
                                               _nm(o)).replace('\n', ' ')  # `dict|None` in a table's cell

def entry(name, mod, anchor):
    "Entry of the exported `name`: source, signature, docstring, table of docments"
    obj = import_module(mod)
    for o in name.split('.'): obj = getattr(obj, o)
    d, look, tbl = show_doc(obj), NbdevLookup(), str(DocmentTbl(obj))
    tbl = re.sub(r'^\| \*\*Returns\*\*.*', lambda m: '| *returns*' + m[0][13:].replace('**', ''), tbl, flags=re.M)
    params = d.sig.parameters if d.sig else {}
    def link(s): return fewer_links(re.sub('`([^`]+)`', lambda m: m[0] if m[1] in params else look.link_line(m[0]), s))
    sig, shown = d.sig, [p for n, p in params.items() if n != 'self']
    if sig and tbl: sig, shown = sig.replace(return_annotation=sig.empty), [p.replace(annotation=p.empty) for p in shown]
    if sig: sig = sig.replace(parameters=shown)
    sig = re.sub(r"<(?:function|class) '?([\w.]+).*?>", r'\1', str(sig or ''))
    sig = re.sub(rf'\b(?:{lib.name}|torch|numpy|pandas|pathlib|typing)(?:\.\w+)*\.(\w+)', r'\1', sig)
    # a command's own file, not its decorator's
    sym = inspect.unwrap(d.sym)
    src = f'{src_page(Path(inspect.getsourcefile(sym)).relative_to(lib))}#L-{inspect.getsourcelines(sym)[1]}'
    return (f'\n### {name.replace("_", chr(92)+"_")} {{#{anchor} .api}}\n\n[source]({src}){{.source}}\n'
        f'{fence(name + sig, "{.python .sig}")}\n{link(d.docs.replace("Call self as a function.", ""))}\n'
        + f'\n::: docments\n{link(tbl)}\n:::\n' * bool(tbl))

def alt_texts(s):
    "The alt texts in the directive `fig-alt: text` or, for several pictures, `fig-alt: ['one', 'two']`"
    return yaml.safe_load(s) if s.startswith('[') else [s.strip('"\'')]

def outputs(cell, stem, files, gfm, alt=''):
    "Stored outputs of `cell`; pictures are added to `files`, with the texts of `alt` in their order"
    res, alts = '', iter(alt_texts(alt))
    for i, o in enumerate(cell.get('outputs', [])):
        data = o.get('data', {'text/plain': o.get('text', '')})
        d = {k: ''.join(v) if isinstance(v, list) else v for k, v in data.items()}
        png = next((d[k] for k in ('image/png', 'image/jpeg') if k in d), None)
        if png:
            p = f"{stem}_files/{cell['id']}-{i}.png"
            files[p] = base64.b64decode(png)
            t = next(alts, '')
            res += f'\n![{t}]({p})\n' if gfm else fence(f'<img src="{p}" alt="{html.escape(t)}">', '{=html}')
        elif 'text/html' in d:
            h = re.sub(r'<style.*?</style>', '', d['text/html'], flags=re.S)
            res += '\n' + html_to_gfm(h) if gfm else f'\n::: output\n{fence(h, "{=html}")}\n:::\n'
        elif 'text/markdown' in d: res += '\n' + fewer_links(d['text/markdown']) + '\n'
        elif d.get('text/plain', '').strip(): res += fence(d['text/plain'], '' if gfm else '{.output}')
    return res

def prose(s, taken):
    "Markdown cell `s`, with another anchor for headings that would take one of the API's"
    def f(m):
        a = re.sub(r'\]\([^)]*\)|[`\[]', '', m[2]).lower().replace(' ', '-')
        return f'{m[0]} {{#{a}-section}}' if a in taken else m[0]
    parts = re.split(r'(^```.*?^```)', fewer_links(s), flags=re.M|re.S)
    parts[::2] = [re.sub(r'^(#{1,4}) +([^{\n]+?) *$', f, p, flags=re.M) for p in parts[::2]]    # not in code
    return '\n' + ''.join(parts) + '\n'

def to_md(nb, files, gfm=False):
    "Front matter of the notebook `nb`, and its processed cells as one markdown text"
    doc = read_nb(nbs/nb)
    exp = re.search(r'#\| *default_exp +([\w.]+)', '\n'.join(c.source for c in doc.cells))
    Filter()(doc)
    cells = doc.cells
    shows = [re.search(r'^show_doc\(([\w.]+)', c.get('source') or '', flags=re.M) for c in cells]
    taken = {m[1].lower() for m in shows if m}
    fm, res = {}, ''
    for c, m in zip(cells, shows):
        s = c.get('source') or ''
        if c['cell_type'] == 'raw': fm = yaml.safe_load(s.strip().strip('-')) or {}
        elif c['cell_type'] == 'markdown': res += prose(s, taken)
        elif m:                                          # `Recipe` and `recipe` are one anchor in nbdev's links
            a = m[1].lower()
            res += entry(m[1], f'{cfg.lib_name}.{exp[1]}', f'{a}-1' if f'{{#{a} .api}}' in res else a)
        else:
            opts = dict(re.findall(r'^#\| *([\w-]+):? *(.*)$', s, flags=re.M))
            s = re.sub(r'^#\|.*\n?', '', s, flags=re.M).strip('\n')
            if opts.get('include') == 'false': continue
            if opts.get('echo') != 'false' and s.strip():
                code = fence(s, ' python' if gfm else '{.python}')
                if 'code-fold' in opts:
                    summary = opts.get('code-summary', 'Code').strip('"')
                    code = f"\n<details{' open' * (opts['code-fold'] == 'show')}><summary>{summary}</summary>\n{code}\n</details>\n"
                res += code
            if opts.get('output') != 'false':
                res += outputs(c, Path(page_name(nb)).stem, files, gfm, opts.get('fig-alt', ''))
    return fm, res

# ---- pages
def sidebar():
    "Sections of `sidebar.yml`: [(title, notebooks)], those that are there"
    cont = yaml.safe_load((nbs/'sidebar.yml').read_text())['website']['sidebar']['contents']
    secs = [(o['section'], o['contents']) if isinstance(o, dict) else ('', [o]) for o in cont]
    have, listed = {p.name for p in nbglob(as_path=True)}, {f for _, fs in secs for f in fs}
    for f in sorted(have ^ listed):
        print(f'sidebar.yml: {f} is', 'not listed' if f in have else 'listed, but no such notebook', file=sys.stderr)
    return [(t, fs) for t, fs in ((t, [f for f in fs if f in have]) for t, fs in secs) if fs]

def links(f, source):
    "Where the notebook `f` lies, where to report an issue, and where to run it if its `source` installs fire2"
    src = f'blob/{cfg.branch}/{nbs.name}/{f}'
    issue = f'{cfg.git_url}/issues/new?title={page_name(f)}:%20'
    colab = f"https://colab.research.google.com/github/{cfg.git_url.split('.com/')[1]}/{src}"
    installs = re.search(r"^ *\"?[!%]pip install|system\('pip install", source, flags=re.M)
    return dict(nb=f'{cfg.git_url}/{src}', issue=issue, colab=colab if installs else '')

def sidebar_html(secs, at):
    "The sections [(title, links)] of the sidebar; the one with the page `at` is unfolded"
    here = f'href="{at}"'
    def fold(t, s): return f"<details{' open' * (here in s)}><summary>{t}</summary>{s}</details>"
    return ''.join(fold(t, s) if s.count('<a ') > 1 else s for t, s in secs)

def render(md, name, title, secs, desc='', around='', **kw):
    "One HTML page"
    up = cfg.doc_baseurl + '/' if name == '404.html' else '../' * name.count('/')
    here = f'href="{name}"'
    nav = sidebar_html(secs, name.removeprefix('source/')).replace(here, here + ' aria-current="page"')
    head = f'{plain(title)} – {cfg.title}' if name != 'index.html' else f'{title}: {cfg.description}'
    v = dict(head=html.escape(head), h1=inline(title), around=around, desc=inline(desc), meta=html.escape(plain(desc)),
             nav=nav.replace('href="', f'href="{up}'), up=up, lib=cfg.title, version=cfg.version, git=cfg.git_url,
             site=doc_url, url=doc_url + name.removesuffix('index.html'), **kw)
    return pandoc(md, '-f', reader, '-t', 'html', '--mathml', '--toc', '--toc-depth=3', '--wrap=none', '--columns=9999',
                  '--template', str(tools/'page.html'),
        '-M', f'pagetitle={head}', *(o for k, x in v.items() for o in ('-V', f'{k}={x}')))

def local(url, name, pages, ids):
    "`url` in page `name`, as it is between the pages here"
    url = url.removeprefix(doc_url)
    if re.match(r'[a-z]+:|#|//', url): return url
    path, _, frag = url.partition('#')
    if '/' not in path and (path.endswith('.ipynb') or page_name(path) in pages): path = page_name(path)
    if path in pages and frag and frag not in ids[path]: frag = frag.split('.')[0]   # a method without entry: its class
    src = nbs/unquote(path)
    if path not in pages and src.is_file():                                         # a picture beside the notebooks
        (out/path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(src, out/path)
    return path + (f'#{frag}' if frag else '')

heading = re.compile(r'(<h[2-4][^>]*? id="([^"]+)"[^>]*>)(.*?)(</h[2-4]>)', flags=re.S)

def body_of(page):
    "The HTML `page` between title and footer, without comments, charts, links to source, TeX of formulas"
    s = page.split('<!-- body -->')[1]
    left_out = '<!--.*?-->|<svg.*?</svg>|<annotation.*?</annotation>|<a [^>]*class="source".*?</a>'
    return re.sub(left_out, '', s, flags=re.S)

def words(s):
    "The text of the HTML `s` on one line"
    s = re.sub('</(td|th|li|summary|figcaption)>', ' ', s)
    return ' '.join(html.unescape(re.sub('<.*?>', '', s, flags=re.S)).split())

def sections(page, desc):
    "(anchor, heading, is it an API name?, text) of each section of the HTML `page`; the first has neither"
    first, *rest = heading.split(body_of(page))
    yield '', '', 0, f'{plain(desc)} {words(first)}'
    for tag, i, h, _, text in zip(*(rest[k::5] for k in range(5))):
        yield i, words(h), int('api' in tag), words(text)

def llms(secs, titles, body, pages):
    "llms.txt, the pages with a line each, and llms-full.txt, their text, for readers that are programs"
    lines = [f'# {cfg.title}', f'> {cfg.description}']
    for t, fs in secs:
        lines += [f'## {t}', '\n'.join(f"- [{titles[f]}]({doc_url}{page_name(f)}): {body[f][0].get('description', '')}" for f in fs)]
    every = [f for _, fs in secs for f in fs]
    full = ''.join(f'<h1>{html.escape(titles[f])}</h1>{body_of(pages[page_name(f)])}' for f in every)
    for old, new in ((' id="[^"]*"|<figcaption aria-hidden.*?</figcaption>', ''),
                     ('<img[^>]*? alt="([^"]*)"[^>]*>', r'\1'), ('href="(?![a-z]+:|#)', f'href="{doc_url}')):
        full = re.sub(old, new, full)
    return {'llms.txt': '\n\n'.join(lines) + '\n', 'llms-full.txt': html_to_gfm(full)}

def sitemap(pages):
    "The addresses of `pages` for search engines"
    names = [n.removesuffix('index.html') for n in pages if n != '404.html']
    urls = ''.join(f'<url><loc>{doc_url}{n}</loc></url>\n' for n in names)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'

def build():
    "All pages into `_docs`"
    secs, files, pages, body = sidebar(), {}, {}, {}
    order = [f for _, fs in secs for f in fs]
    for f in order: body[f] = to_md(f, files)
    titles = {f: plain(body[f][0].get('title', f)) for f in order}
    def a(f, rel=''): return f'<a href="{page_name(f)}"{rel}>{html.escape(titles[f])}</a>'
    nav = [(t, ''.join(map(a, fs))) for t, fs in secs]
    picture = re.search(r'!\[(?P<alt>.*?)\]\((?P<card>.*?)\)', body['index.ipynb'][1])    # the first page's first
    card = {k: html.escape(x) for k, x in picture.groupdict().items()}
    for i, f in enumerate(order):
        fm, md = body[f]
        around = ''.join(a(order[j], f' rel="{r}"') for j, r in ((i-1, 'prev'), (i+1, 'next')) if 0 <= j < len(order))
        pages[page_name(f)] = render(md, page_name(f), fm.get('title', f), nav, fm.get('description', ''), around,
                                     **links(f, (nbs/f).read_text(encoding='utf-8')), **card)
    for p in sorted(lib.rglob('[!_]*.py')):
        r = p.relative_to(lib)
        pages[src_page(r)] = render(fence(p.read_text(encoding='utf-8'), '{#L .python .numberLines .lineAnchors}'),
                                    src_page(r), f'{lib.name}/{r}', nav)
    lost = f'It may have moved. Search for it above, or start at [the first page]({cfg.doc_baseurl}/index.html).'
    pages['404.html'] = render(lost, '404.html', 'There is no such page', nav)
    shutil.rmtree(out, ignore_errors=True)
    ids = {n: set(re.findall(r' id="([^"]+)"', s)) for n, s in pages.items()}
    for n, s in pages.items():
        pages[n] = re.sub(r'(?<!rel="canonical" )((?:href|src)=")([^"]*)',
                          lambda m: m[1] + html.escape(local(html.unescape(m[2]), n, pages, ids)), s)
    index = [[page_name(f), titles[f], *s] for f in order
             for s in sections(pages[page_name(f)], body[f][0].get('description', ''))]
    files['search.js'] = f'const INDEX = {json.dumps(index, ensure_ascii=False)}\n'
    files['sitemap.xml'] = sitemap(pages)
    files |= llms(secs, titles, body, pages)
    files |= {n: (tools/n).read_text() for n in ('site.css', 'site.js', 'favicon.svg')}
    files |= {n: heading.sub(r'\1\3<a class="anchor" href="#\2" aria-label="Link to this section">#</a>\4', s)
              for n, s in pages.items()}
    for n, b in files.items():
        (out/n).parent.mkdir(parents=True, exist_ok=True)
        (out/n).write_bytes(b if isinstance(b, bytes) else b.encode())
    print(f'{len(pages)} pages in {out.name}')

# ---- checks and README
class Refs(HTMLParser):
    "Anchors and links of a page, and its pictures without alt text"
    def __init__(self, s):
        super().__init__()
        self.ids, self.refs, self.mute, self.n_pics = [], [], [], 0
        self.feed(s)
    def handle_starttag(self, tag, attrs):
        self.n_pics += tag == 'img'
        if tag == 'img' and not dict(attrs).get('alt'): self.mute.append(dict(attrs)['src'])
        if ('rel', 'canonical') in attrs: return
        for k, v in attrs:
            if k == 'id': self.ids.append(v)
            if k in ('href', 'src') and v is not None: self.refs.append(v)

def read_pages(): return {p.resolve(): Refs(p.read_text(encoding='utf-8')) for p in out.rglob('*.html')}

def broken(pages):
    "Broken local links and doubled anchors of `pages`, one a line"
    if not pages: yield f'{out.name}: no pages; build them with `python tools/site.py`'
    for p, r in pages.items():
        name = p.relative_to(out.resolve())
        for i in sorted({i for i in r.ids if r.ids.count(i) > 1}): yield f'{name}: anchor #{i} twice'
        for u in dict.fromkeys(r.refs):
            if u.startswith(doc_url): yield f'{name}: {u} should be local'
            u = u.removeprefix(cfg.doc_baseurl + '/') if name.name == '404.html' else u
            if re.match(r'[a-z]+:|//', u): continue
            path, _, frag = u.partition('#')
            to = (p.parent/unquote(path)).resolve() if path else p
            if not to.is_file(): yield f'{name}: no page or file {u}'
            elif frag and to in pages and unquote(frag) not in pages[to].ids: yield f'{name}: no anchor {u}'

def write_readme():
    "README.md from the index notebook; links lead to the notebooks"
    files, by_page = {}, {page_name(p): p.name for p in nbglob(as_path=True)}
    fm, md = to_md('index.ipynb', files, gfm=True)
    md = md.replace('<!-- WARNING: THIS FILE WAS AUTOGENERATED! DO NOT EDIT! -->',
                    '<!-- Written from nbs/index.ipynb by tools/site.py: edit there -->')
    def f(m):
        u = m[2].removeprefix(doc_url)
        page, _, frag = u.partition('#')
        if page in by_page: u = f'{nbs.name}/{by_page[page]}'
        elif page and (nbs/page).is_file(): u = f'{nbs.name}/{u}'
        return m[1] + u + m[3]
    md = re.sub(r'(\]\()([^)\s]+)(\))', f, md)
    res = pandoc(f"# {fm['title']}\n\n> {fm.get('description', '')}\n\n{md}", '-f', reader, '-t', 'gfm-smart',
                 '--wrap=none', '--columns=9999')
    (root/'README.md').write_text(res, encoding='utf-8')
    for n, b in files.items():
        (root/n).parent.mkdir(exist_ok=True)
        (root/n).write_bytes(b)

@call_parse
def main(
    check:bool=False, # Check the pages that are there, instead of building: every local link and anchor
    readme:bool=False # Write README.md from `nbs/index.ipynb`, instead of building
):
    "Build the documentation in `_docs`"
    if readme: write_readme()
    elif check:
        pages = read_pages()
        bad, mute = list(broken(pages)), [u for r in pages.values() for u in r.mute]
        print('\n'.join(f'no alt text (`#| fig-alt:`): {u}' for u in mute))
        print(f'{len(mute)} of {sum(r.n_pics for r in pages.values())} pictures have no alt text')
        print('\n'.join(bad) or 'every local link and anchor is there')
        sys.exit(bool(bad))
    else: build()
