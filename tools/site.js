const $ = id => document.getElementById(id), $$ = (css, o = document) => [...o.querySelectorAll(css)]
const root = document.documentElement, up = document.body.dataset.up
const menu = on => $('menu').setAttribute('aria-expanded', document.body.classList.toggle('menu', on))
const centre = (box, a) => a && (box.scrollTop = a.offsetTop - box.clientHeight / 2)
const here = () => centre($('side'), $('side').querySelector('[aria-current]'))
$('menu').onclick = () => { menu(); here() }
here()
$('scheme').onclick = () => {
  const now = root.style.colorScheme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')
  localStorage.scheme = root.style.colorScheme = now == 'dark' ? 'light' : 'dark'
}

// Search. The index comes with the first focus, as a script: that also works for pages opened as files
let index
const load = () => index ??= new Promise(done => {
  document.head.append(Object.assign(document.createElement('script'), { src: up + 'search.js', onload: () => done(INDEX) }))
})
// Words match where a word starts; "fine-tune" also matches "fine tune"
const starts = words => words.map(w => new RegExp(
  '(?<![\\p{L}\\p{N}])' + w.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/(?<=.)[-_]/g, '[-_ ]?'), 'iu'))
// 0: a word in a heading, 1: in an API name, below 2: in the text of a page with such a title, 2: in any text
const rank = (words, query) => ([, title, id, head, api, text]) => {
  const name = id ? head : title
  const each = words.map(w => w.test(name) ? api : w.test(title) ? (w.test(text) ? 1.5 : 1.8) : w.test(text) ? 2 : 9)
  if (each.includes(9) || each.every(e => e == 1.8)) return 9
  if (name.toLowerCase() == query) return -1
  const mean = each.reduce((a, b) => a + b) / each.length
  return mean + (mean < 1.5 ? Math.min(name.length, 99) / 300 : 1 / (4 + text.split(words[0]).length))
}
const find = (sections, words, query) => {  // at most fifteen, and three a page
  const score = rank(words, query), n = {}
  return sections.map(s => [score(s), s]).filter(r => r[0] < 9).sort((a, b) => a[0] - b[0]).map(r => r[1])
    .filter(([page]) => (n[page] = (n[page] ?? 0) + 1) <= 3).slice(0, 15)
}
const make = (tag, text, words) => {  // an element; what `words` match in its text is marked
  const o = document.createElement(tag), any = words && new RegExp(`(${words.map(w => w.source).join('|')})`, 'iu')
  const mark = s => Object.assign(document.createElement('mark'), { textContent: s })
  o.append(...any ? text.split(any).map((s, i) => i % 2 ? mark(s) : s) : [text])
  return o
}
const hit = words => ([page, title, id, head, , text]) => {
  const at = Math.max(0, ...words.map(w => text.search(w)).filter(i => i > 40)) - 40
  const from = at > 0 ? text.indexOf(' ', at) + 1 : 0
  const a = Object.assign(document.createElement('a'), { href: up + page + (id && '#' + id) })
  a.append(make('b', id ? head : title, words), make('small', id && title),
    make('span', (from ? '… ' : '') + text.slice(from, from + 150), words))
  return a
}
// What the pages call it, by how a query begins
const OTHERWISE = { 'fine-tun': 'weights', finetun: 'weights', occlu: 'erasing' }
const otherwise = w => OTHERWISE[Object.keys(OTHERWISE).find(k => w.startsWith(k))] ?? w
const close = () => { $('q').value = ''; $('hits').replaceChildren() }
$('q').onfocus = load
$('q').oninput = async () => {
  const sections = await load(), query = $('q').value.trim().toLowerCase(), given = query.split(/\s+/)
  if (!query) return close()
  let words, hits = []
  const tries = [given, given.map(w => w.length > 4 ? w.replace(/(ing|ed|es|e|s)$/, '') : w), given.map(otherwise)]
  for (const t of tries) if (!hits.length) hits = find(sections, words = starts(t), query)
  const said = hits.some(s => starts(given).every(w => w.test(s.join(' '))))
  $('hits').replaceChildren(...said ? [] : [make('p', `No page mentions “${query}”${hits.length ? '. Close to it:' : '.'}`)],
    ...hits.map(hit(words)))
}
document.querySelector('.search').onkeydown = e => {
  const links = $$('#hits a'), step = { ArrowDown: 1, ArrowUp: -1 }[e.key], i = links.indexOf(document.activeElement)
  if (e.key == 'Enter' && i < 0) links[0]?.click()
  if (!step) return
  e.preventDefault();
  (links[Math.min(i + step, links.length - 1)] ?? $('q')).focus()
}
$('hits').onclick = close
onkeydown = e => {
  if (e.key == '/' && e.target.tagName != 'INPUT') { e.preventDefault(); $('q').focus() }
  if (e.key != 'Escape') return
  if (document.body.classList.contains('menu')) { menu(false); $('menu').focus() }
  if ($('hits').contains(document.activeElement)) $('q').focus()
  close()
}

// On this page: the section that is being read
const toc = $('toc'), links = $$('#toc a'), heads = links.map(a => $(decodeURIComponent(a.hash.slice(1))))
const follow = () => {
  const end = scrollY && innerHeight + scrollY > root.scrollHeight - 2
  const i = end ? links.length - 1 : heads.findLastIndex(h => h.getBoundingClientRect().top < 140)
  links.forEach((a, k) => k == i ? a.setAttribute('aria-current', 'true') : a.removeAttribute('aria-current'))
  toc.firstChild.dataset.here = links[i]?.textContent ?? ''
  centre(toc.lastElementChild, links[i])
}
const wide = matchMedia('(min-width: 84rem)')
if (toc) {
  toc.ontoggle = follow
  toc.onclick = e => { if (e.target.closest('a') && !wide.matches) toc.open = false }
  wide.onchange = () => { toc.open = wide.matches }
  addEventListener('scroll', follow, { passive: true })
  follow()
}

// Copy buttons
for (const pre of $$('main pre:not(.output, .sig, .numberSource)')) {
  const b = Object.assign(document.createElement('button'), { className: 'copy', textContent: 'Copy' })
  b.onclick = async () => {
    await navigator.clipboard.writeText(pre.textContent.trimEnd())
    b.textContent = 'Copied'
    setTimeout(() => { b.textContent = 'Copy' }, 1500)
  }
  const box = Object.assign(document.createElement('div'), { className: 'code' })
  pre.replaceWith(box)
  box.append(pre, b)
}
