"Documentation from the notebooks without Quarto: nbdev processes them, pandoc renders them"
import base64, html.parser, inspect, json, pkgutil, re, shutil, subprocess, sys, urllib.parse
from pathlib import Path

import pypandoc, yaml
from execnb.nbio import read_nb
from fastcore import docments
from fastcore.script import call_parse
from nbdev.config import get_config
from nbdev.doclinks import NbdevLookup, _nbpath2html, nbglob
from nbdev.processors import FilterDefaults, _default_exp
from nbdev.showdoc import show_doc

cfg, tools, look = get_config(), Path(__file__).parent, NbdevLookup()
nbs, lib, out = cfg.nbs_path, cfg.lib_path, cfg.doc_path.resolve()
doc_url = f'{cfg.doc_host}{cfg.doc_baseurl}/'
reader = 'markdown-smart-citations-example_lists+lists_without_preceding_blankline+autolink_bare_uris'
cfg['skip_procs'] = 'exec_show_docs,insert_warning'    # run no code: `entry` documents the installed module

for s in list(look.syms):    # nbdev links to our public names, and to others that are no everyday words
    ours = look.doc(s).startswith(doc_url)
    if s[0] == '_' or not (ours or re.search('[A-Z_.]', s)): del look.syms[s]
_nm = docments._maybe_nm
docments._maybe_nm = lambda o: _nm(o).replace('|', r'\|').replace('\n', ' ')    # `dict|None` in a table
docments._bold = str    # heads are bold by site.css

def pandoc(text, *args):
    cmd = [pypandoc.get_pandoc_path(), '--wrap=none', *args]
    return subprocess.check_output(cmd, input=text, encoding='utf-8')
def html_to_gfm(s): return pandoc(s, '-f', 'html', '-t', 'gfm-raw_html')
def page_name(nb): return _nbpath2html(Path(nb)).name
def fence(s, attrs=''): return f'\n``````{attrs}\n{s.rstrip()}\n``````\n'

# ---- a processed notebook as markdown
def entry(name, mod, anchor):
    "Entry of `name`, which the module `mod` exports: source, signature, docstring, table of docments"
    d = show_doc(pkgutil.resolve_name(f'{lib.name}.{mod}:{name}'))
    tbl = str(docments.DocmentTbl(d.sym)).replace('**Returns**', '*returns*')
    sig, params = d.sig, d.sig.parameters
    shown = [p for n, p in params.items() if n != 'self']
    if tbl:                                               # it has the types
        sig = sig.replace(return_annotation=sig.empty)
        shown = [p.replace(annotation=p.empty) for p in shown]
    sig = re.sub(r"<(?:function|class) '?([\w.]+).*?>", r'\1', str(sig.replace(parameters=shown)))
    sig = re.sub(rf'\b(?:{lib.name}|torch|numpy|pandas|pathlib|typing)(?:\.\w+)*\.(\w+)', r'\1', sig)
    src = f'source/{mod}.html#L-{inspect.getsourcelines(d.sym)[1]}'
    head = f'{name.replace("_", chr(92)+"_")} {{#{anchor} .api}}\n\n[source]({src}){{.source}}'
    text = d.docs.replace('Call self as a function.', '') + (f'\n\n::: docments\n{tbl}\n:::\n' if tbl else '')
    def link(m): return m[0] if m[1] in params else look.link_line(m[0])
    text = re.sub('`([^`]+)`', link, text)
    return f'\n### {head}\n{fence(name + sig, "{.python .sig}")}\n{text}\n'

def outputs(cell, stem, to, gfm, alt):
    "Stored outputs of `cell`, pictures in the folder `to`; `alt` is a text or, for several pictures, a list"
    res, alts = '', iter(yaml.safe_load(alt) if alt.startswith('[') else [alt])
    for i, o in enumerate(cell.get('outputs', [])):
        data = o.get('data', {'text/plain': o.get('text', '')})
        d = {k: ''.join(v) for k, v in data.items()}
        png = d.get('image/png') or d.get('image/jpeg')
        if png:
            p, t = f"{stem}_files/{cell['id']}-{i}.png", next(alts, '')
            (to/p).parent.mkdir(parents=True, exist_ok=True)
            (to/p).write_bytes(base64.b64decode(png))
            res += f'\n![{t}]({p})\n' if gfm else fence(f'<img src="{p}" alt="{html.escape(t)}">', '{=html}')
        elif 'text/html' in d:
            h = re.sub(r'<style.*?</style>', '', d['text/html'], flags=re.S)
            res += '\n' + html_to_gfm(h) if gfm else f'\n::: output\n{fence(h, "{=html}")}\n:::\n'
        elif 'text/markdown' in d: res += f"\n{d['text/markdown']}\n"
        elif d.get('text/plain', '').strip(): res += fence(d['text/plain'], '' if gfm else '{.output}')
    return res

def page_of(nb, to, gfm=False):
    "The notebook `nb` with `name`, `title`, `description` and `md` of its page; pictures in the folder `to`"
    doc = read_nb(nbs/nb)
    mod, anchors, res = _default_exp(doc), [], ''
    FilterDefaults()(doc)
    for c in doc.cells:
        show = re.search(r'^show_doc\(([\w.]+)', c.source, flags=re.M)
        if c.cell_type != 'code': res += f'\n{c.source}\n'
        elif show:
            a = show[1].lower()
            anchors.append(f'{a}-1' if a in anchors else a)   # `Recipe` and `recipe` are one in nbdev's links
            res += entry(show[1], mod, anchors[-1])
        else:
            opts = dict(re.findall(r'^#\| *([\w-]+): *(.*)$', c.source, flags=re.M))
            code = re.sub(r'^#\|.*\n?', '', c.source, flags=re.M).strip('\n')
            code = fence(code, ' python' if gfm else '{.python}')
            if 'code-fold' in opts: code = f'\n<details><summary>Code</summary>\n{code}\n</details>\n'
            if opts.get('echo') != 'false': res += code
            res += outputs(c, Path(page_name(nb)).stem, to, gfm, opts.get('fig-alt', ''))
    for a in anchors:                                         # a heading that would take an entry's anchor
        res = re.sub(rf'^(##+ \[?`?{a}`?(\]\(.*\))?)$', rf'\1 {{#{a}-section}}', res, flags=re.M | re.I)
    doc.update(doc.frontmatter_, nb=nb, name=page_name(nb), md=res)
    return doc

# ---- pages
def render(md, name, nav, **kw):
    "One HTML page"
    up = cfg.doc_baseurl + '/' if name == '404.html' else '../' * name.count('/')
    here = f'href="{name.removeprefix("source/")}"'
    nav = ''.join(s.replace('<details', '<details open') if here in s else s for s in nav)
    nav = nav.replace(here, here + ' aria-current="page"').replace('href="', f'href="{up}')
    v = dict(name=name, up=up, nav=nav, version=cfg.version, git=cfg.git_url, site=doc_url, **kw)
    page = pandoc(md, '-f', reader, '-t', 'html', '--mathml', '--toc', '--toc-depth=3', '--columns=9999',
                  '--template', str(tools/'page.html'), *(f'-V{k}={x}' for k, x in v.items()))
    anchor = '<a class="anchor" href="#\\2" aria-label="Link to this section">#</a>'
    return re.sub('(<h[2-4][^>]* id="([^"]+)".*?)(</h[2-4]>)', rf'\1{anchor}\3', page, flags=re.S)

def local(url, ids):
    "`url` as it is between the pages here, which have the anchors `ids`"
    path, sep, frag = url.removeprefix(doc_url).partition('#')
    if '/' not in path and path.endswith('.ipynb'): path = page_name(path)
    if path in ids and frag not in ids[path]: frag = frag.split('.')[0]    # a method without entry: its class
    return path + sep + frag

def body_of(page):
    "The HTML `page` between title and footer, without charts, TeX of formulas, links to source"
    left_out = '<svg.*?</svg>|<annotation.*?</annotation>|<a [^>]*class="(source|anchor)".*?</a>'
    return re.sub(left_out, '', page.split('<!-- body -->')[1], flags=re.S)

def words(s):
    "The text of the HTML `s` on one line"
    s = re.sub('</(td|th|li|summary|figcaption)>', ' ', s)
    return ' '.join(html.unescape(re.sub('<.*?>', '', s, flags=re.S)).split())

def sections(p, page):
    "Page, title, anchor, heading, is it an API name?, text: of each section of `p`, whose HTML is `page`"
    parts = re.split('<h[2-4]([^>]*) id="([^"]+)"[^>]*>(.*?)</h[2-4]>', body_of(page), flags=re.S)
    yield p.name, p.title, '', '', 0, p.description.replace('`', '') + ' ' + words(parts[0])
    for i in range(1, len(parts), 4):
        attrs, anchor, head, text = parts[i:i+4]
        yield p.name, p.title, anchor, words(head), int('api' in attrs), words(text)

def llms_full(pages, htmls):
    "The text of all pages, for readers that are programs"
    s = ''.join(f'<h1>{html.escape(p.title)}</h1>{body_of(htmls[p.name])}' for p in pages)
    s = re.sub(' id="[^"]*"|<figcaption aria-hidden.*?</figcaption>', '', s)
    return html_to_gfm(re.sub('(href|src)="(?![a-z]+:|#)', rf'\1="{doc_url}', s))

def build():
    "All pages into `_docs`"
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(nbs/'images', out/'images')
    for n in ('site.css', 'site.js', 'favicon.svg'): shutil.copy(tools/n, out)
    contents = yaml.safe_load((nbs/'sidebar.yml').read_text())['website']['sidebar']['contents']
    secs = {o['section']: [page_of(f, out) for f in o['contents']] for o in contents}
    pages = sum(secs.values(), [])
    for f in {p.name for p in nbglob(as_path=True)} - {p.nb for p in pages}: print('not in sidebar.yml:', f)
    def a(p): return f'<a href="{p.name}">{html.escape(p.title)}</a>'
    htmls, nav, llms = {}, [], f'# {cfg.title}\n\n> {cfg.description}\n'
    for t, ps in secs.items():
        links = ''.join(map(a, ps))
        nav.append(f'<details><summary>{t}</summary>{links}</details>' if len(ps) > 1 else links)
        llms += f'\n## {t}\n\n' + ''.join(f'- [{p.title}]({doc_url}{p.name}): {p.description}\n' for p in ps)
    for prev, p, after in zip(['', *map(a, pages)], pages, [*map(a, pages[1:]), '']):
        around = prev.replace('">', '" rel="prev">') + after.replace('">', '" rel="next">')
        colab = "system('pip install" in (nbs/p.nb).read_text(encoding='utf-8')
        htmls[p.name] = render(p.md, p.name, nav, around=around, nb=f'{cfg.branch}/{nbs.name}/{p.nb}',
                               colab=f'{cfg.user}/{cfg.repo}' * colab, home='' if prev else cfg.description)
    for py in sorted(lib.rglob('[!_]*.py')):
        name = f"source/{'.'.join(py.relative_to(lib).with_suffix('').parts)}.html"
        code = fence(py.read_text(encoding='utf-8'), '{#L .python .numberLines .lineAnchors}')
        htmls[name] = render(f'---\ntitle: {py.relative_to(lib.parent)}\n---\n{code}', name, nav)
    lost = f'It may have moved. Search above, or start at [the first page]({cfg.doc_baseurl}/index.html).'
    htmls['404.html'] = render(f'---\ntitle: There is no such page\n---\n\n{lost}', '404.html', nav)
    ids = {n: set(re.findall(r' id="([^"]+)"', s)) for n, s in htmls.items()}
    def f(m): return f'href="{local(m[1], ids)}'
    htmls = {n: re.sub('(?<!rel="canonical" )href="([^"]*)', f, s) for n, s in htmls.items()}
    index = [s for p in pages for s in sections(p, htmls[p.name])]
    urls = ''.join(f'<url><loc>{doc_url}{n}</loc></url>\n' for n in htmls if n != '404.html')
    files = htmls | {
        'search.js': f'const INDEX = {json.dumps(index, ensure_ascii=False)}\n',
        'sitemap.xml': f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n',
        'llms.txt': llms, 'llms-full.txt': llms_full(pages, htmls)}
    for n, s in files.items(): (out/n).mk_write(s, encoding='utf-8')
    print(f'{len(htmls)} pages in {out.name}')

# ---- checks and README
class Refs(html.parser.HTMLParser):
    "Anchors and links of a page, and its pictures without alt text"
    def __init__(self, path):
        super().__init__()
        self.ids, self.refs, self.mute = [], [], []
        self.feed(path.read_text(encoding='utf-8'))
    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if 'id' in a: self.ids.append(a['id'])
        if tag == 'img' and not a.get('alt'): self.mute.append(a['src'])
        self.refs += [a[k] for k in ('href', 'src') if a.get(k)]

def broken(pages):
    "Broken local links and doubled anchors of `pages`, one a line"
    if not pages: yield f'{out.name}: no pages; build them with `python tools/site.py`'
    for p, r in pages.items():
        name = p.relative_to(out)
        for i in sorted({i for i in r.ids if r.ids.count(i) > 1}): yield f'{name}: anchor #{i} twice'
        for u in dict.fromkeys(r.refs):
            if re.match(r'[a-z]+:|//', u): continue
            path, _, frag = urllib.parse.unquote(u).removeprefix(cfg.doc_baseurl + '/').partition('#')
            to = (p.parent/path).resolve() if path else p
            if not to.is_file(): yield f'{name}: no page or file {u}'
            elif frag and to in pages and frag not in pages[to].ids: yield f'{name}: no anchor {u}'

def write_readme():
    "README.md from the index notebook; links lead to the notebooks"
    by_page = {page_name(p): p.name for p in nbglob(as_path=True)}
    index = page_of('index.ipynb', cfg.config_path, gfm=True)
    def f(m):
        path = m[1].removeprefix(doc_url).partition('#')[0]
        path = by_page.get(path, path)
        return f']({nbs.name}/{path})' if path and (nbs/path).is_file() else m[0]
    note = f'<!-- Written from {nbs.name}/index.ipynb by tools/site.py: edit there -->'
    md = f'# {index.title}\n\n> {index.description}\n\n{note}\n\n' + re.sub(r'\]\(([^)\s]+)\)', f, index.md)
    res = pandoc(md, '-f', reader, '-t', 'gfm-smart', '--columns=9999')
    (cfg.config_path/'README.md').write_text(res, encoding='utf-8')

@call_parse
def main(
    check:bool=False, # Check the pages that are there, instead of building: every local link and anchor
    readme:bool=False # Write README.md from `nbs/index.ipynb`, instead of building
):
    "Build the documentation in `_docs`"
    if readme: return write_readme()
    if not check: return build()
    pages = {p: Refs(p) for p in out.rglob('*.html')}
    mute = [f'no alt text (`#| fig-alt:`): {u}' for r in pages.values() for u in r.mute]
    bad = list(broken(pages))
    print('\n'.join(mute) or 'every picture has an alt text')
    print('\n'.join(bad) or 'every local link and anchor is there')
    sys.exit(bool(bad))
