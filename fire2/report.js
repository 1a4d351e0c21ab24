// report.html comes alive: images by number, filters, the large view, the map. No network, no library.
const $ = (s, o=document) => o.querySelector(s), $$ = (s, o=document) => [...o.querySelectorAll(s)]
const D = JSON.parse($('#data').textContent)
const fill = o => $$('img[data-i]', o).forEach(im => im.src = D.images[im.dataset.i])
fill(document)

// Filters of the ranked lists
const lists = $$('.list'), fields = $$('#filters select')
function filter() {
  lists.forEach(l => l.hidden = !fields.every(f => !f.value || l.dataset[f.name].split(' ').includes(f.value)))
  $('#count').textContent = `${lists.filter(l => !l.hidden).length} of ${lists.length} queries`
}
if (fields.length) { fields.forEach(f => f.addEventListener('change', filter)); filter() }

// The large view: a query beside an answer, and where their cosine comes from
const big = $('#big'); let shown = null
function heat(canvas, m) {                                  // shares -> red speaks for, blue against
  canvas.width = D.grid[1]; canvas.height = D.grid[0]
  const c = canvas.getContext('2d'), im = c.createImageData(D.grid[1], D.grid[0])
  m.forEach((v, k) => im.data.set(v > 0 ? [214, 39, 40, Math.min(255, 2*v)] : [31, 90, 220, Math.min(255, -2*v)], 4*k))
  c.putImageData(im, 0, 0)
}
$$('canvas[data-s]').forEach(c => heat(c, D.shares[c.dataset.s][c.dataset.side]))
function side(name, i, text, m) {
  const f = $(`#${name}`); f.hidden = i === undefined; if (f.hidden) return
  $('img', f).src = D.images[i]; $('img', f).alt = text; $('figcaption', f).textContent = text
  const looks = $('#heat').checked && m
  $('.over', f).classList.toggle('gray', !!looks); $('canvas', f).hidden = !looks
  if (looks) heat($('canvas', f), m)
}
function open_big(b) {
  shown = b
  const l = b.closest('.list, .before'), q = l && l.querySelector('.k-query'), s = D.shares[b.dataset.s]
  side('left', q && q !== b ? q.dataset.p : undefined, q ? q.dataset.cap : '', s && s.a)
  side('right', b.dataset.p, b.dataset.cap, s && s.b)
  $('#says').textContent = s ? s.says : ''
  $('#heatbox').hidden = !s
  if (!big.open) big.showModal()
}
$$('.pic[data-p]').forEach(b => b.addEventListener('click', () => open_big(b)))
function step(d) {
  const row = $$('.pic[data-p]', shown.parentElement), b = row[row.indexOf(shown) + d]
  if (b) open_big(b)
}
if (big) {
  $('#heat').addEventListener('change', () => open_big(shown))
  $('#prev').addEventListener('click', () => step(-1)); $('#next').addEventListener('click', () => step(1))
  $('#close').addEventListener('click', () => big.close())
  big.addEventListener('click', e => { if (e.target === big) big.close() })
  big.addEventListener('close', () => shown && shown.focus && shown.focus())
  big.addEventListener('keydown', e => { const d = {ArrowLeft: -1, ArrowRight: 1}[e.key]; if (d) { step(d); e.preventDefault() } })
}

// The map: a point an image; colour and shape say who
const SHAPES = ['M-1 0a1 1 0 1 0 2 0a1 1 0 1 0 -2 0', 'M-.9-.9h1.8v1.8h-1.8z', 'M0-1.2L1.1 .8h-2.2z', 'M0-1.2L1 0L0 1.2L-1 0z'], NS = 'http://www.w3.org/2000/svg'
const COLORS = ['#2b7bd4', '#d4752b', '#2a9d4a', '#c03fb7', '#b59a00', '#6b70e0', '#d1495b', '#17a2b8', '#8a8f96', '#7a5230']
const M = D.map, svg = $('#points')
const ring = document.createElementNS(NS, 'circle'); ring.setAttribute('r', 2.2)
let how = 'tsne', by = 'pid', at = 0
const draw = (d, k) => { const p = document.createElementNS(NS, 'path'); p.setAttribute('d', d); p.setAttribute('fill', COLORS[k % COLORS.length]); return p }
function key() {
  const all = M.points.map(p => p[by]), many = {}; all.forEach(v => many[v] = (many[v] || 0) + 1)
  const vals = [...new Set(all)].sort((a, b) => a - b)
  return [new Map(vals.map((v, k) => [v, k])), many]
}
function paint() {
  const [num, many] = key(), k = v => num.get(v), shape = i => SHAPES[Math.floor(i/COLORS.length + i) % SHAPES.length]
  svg.replaceChildren(...M.points.map((p, j) => {
    const e = draw(shape(k(p[by])), k(p[by])); e.setAttribute('transform', `translate(${p[how][0]} ${p[how][1]})`)
    e.addEventListener('pointerenter', () => point(j)); e.addEventListener('click', () => { point(j); open_big(card()) }); return e }), ring)
  $('#mapkey').replaceChildren(...[...num].slice(0, 40).map(([v, i]) => {
    const li = document.createElement('li'), s = document.createElementNS(NS, 'svg'); s.setAttribute('viewBox', '-1.3 -1.3 2.6 2.6'); s.append(draw(shape(i), i))
    li.append(s, `${M.names[by]} ${v < 0 ? 'unknown' : v} (${many[v]})`); return li }))
  $$('#mapby button').forEach(b => b.setAttribute('aria-pressed', b.value === by)); $$('#maphow button').forEach(b => b.setAttribute('aria-pressed', b.value === how))
  point(at)
}
function card() { const b = $('#point .pic'); return b }
function point(j) {
  at = j; const p = M.points[j], b = document.createElement('button'), im = document.createElement('img')
  ring.setAttribute('cx', p[how][0]); ring.setAttribute('cy', p[how][1])
  Object.assign(b, {className: 'pic', type: 'button'}); Object.assign(b.dataset, {p: p.i, cap: p.cap}); Object.assign(im, {src: D.images[p.i], alt: ''})
  b.append(im, p.cap); b.addEventListener('click', () => open_big(b)); $('#point').replaceChildren(b)
}
function walk(dx, dy) {                                     // the nearest point in that direction
  const [x, y] = M.points[at][how]; let best = -1, near = Infinity
  M.points.forEach((p, j) => { const u = p[how][0] - x, v = p[how][1] - y, a = u*dx + v*dy, d = Math.hypot(u, v)
    if (a > .5*d && d > 0 && d < near) { near = d; best = j } })
  if (best >= 0) point(best)
}
if (M) {
  $$('#mapby button').forEach(b => b.addEventListener('click', () => { by = b.value; paint() }))
  $$('#maphow button').forEach(b => b.addEventListener('click', () => { how = b.value; paint() }))
  svg.addEventListener('keydown', e => {
    const d = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[e.key]
    if (d) { walk(...d); e.preventDefault() } else if (e.key === 'Enter' || e.key === ' ') { open_big(card()); e.preventDefault() } })
  paint()
}
const copy = $('#copy'); if (copy) copy.addEventListener('click', () => {
  getSelection().selectAllChildren($('#command'))             // selected where copying is not allowed
  const say = t => copy.textContent = t
  navigator.clipboard ? navigator.clipboard.writeText($('#command').textContent).then(() => say('copied'), () => say('selected')) : say('selected') })
