// report.html comes alive: images by number, filters, the large view, the map. No network, no library.
const $ = (s, o=document) => o.querySelector(s), $$ = (s, o=document) => [...o.querySelectorAll(s)]
const D = JSON.parse($('#data').textContent)
$$('img[data-i]').forEach(im => im.src = D.images[im.dataset.i])

// A list of pictures is one tab stop: arrow keys, Home and End go along it
const pics = b => $$('.pic[data-p]', b.parentElement)
function beside(b, key) {
  const row = pics(b), i = row.indexOf(b)
  return {ArrowLeft: row[i-1], ArrowRight: row[i+1], Home: row[0], End: row.at(-1)}[key]
}
function stop_at(b) { pics(b).forEach(o => o.tabIndex = o === b ? 0 : -1) }
$$('.row > .pic:first-child[data-p]').forEach(stop_at)
$$('.row > .pic[data-p]').forEach(b => {
  b.addEventListener('click', () => open_big(b))
  b.addEventListener('keydown', e => { const o = beside(b, e.key); if (o) { stop_at(o); o.focus(); e.preventDefault() } })
})

// Ranked lists: filters, and eight at a time
const lists = $$('.list'), more = $('#more'), values = name => [...new Set(lists.map(l => l.dataset[name]))].sort()
const CHOICES = [['which', 'group', ['worst', 'best', 'random']], ['person', 'pid', values('pid')],
                 ['camera', 'cam', values('cam').filter(v => v)], ['rank 1 is', 'right', ['right', 'wrong']]]
const fields = CHOICES.filter(c => c[2].length).map(([text, name, all]) => {
  const label = document.createElement('label'), f = document.createElement('select')
  f.name = name; f.append(new Option('all', ''), ...all.map(v => new Option(v, v)))
  label.append(text, f); if (more) $('#count').before(label)
  return f
})
let most = 8
function filter() {
  const fit = lists.filter(l => fields.every(f => !f.value || l.dataset[f.name] === f.value))
  lists.forEach(l => l.hidden = !fit.slice(0, most).includes(l))
  $('#count').textContent = `${Math.min(most, fit.length)} of ${fit.length} queries`
  more.hidden = fit.length <= most
}
if (more) {
  fields.forEach(f => f.addEventListener('change', () => { most = 8; filter() }))
  more.addEventListener('click', () => {
    const next = lists.filter(l => !l.hidden).length
    most += 8; filter()
    const l = lists.filter(l => !l.hidden)[next]; if (l) $('.pic[tabindex="0"]', l).focus()
  })
  filter()
}
addEventListener('beforeprint', () => { most = Infinity; if (more) filter(); $$('details').forEach(d => d.open = true) })

// The large view: a query beside an answer, and where their cosine comes from
const half = id => `<figure id="${id}"><div class="over"><img alt=""><canvas hidden aria-hidden="true"></canvas></div>
  <figcaption></figcaption></figure>`
document.body.insertAdjacentHTML('beforeend', `<dialog id="big" aria-label="Large view">
  <div class="two">${half('left')}${half('right')}</div><p id="says" aria-live="polite"></p>
  <label id="heatbox"><input type="checkbox" id="heat" checked>where the cosine comes from: red cells speak for it, blue ones against</label>
  <div class="tools"><button type="button" id="prev">← previous</button><button type="button" id="close">close (Esc)</button>
  <button type="button" id="next">next →</button></div></dialog>`)
const big = $('#big'); let shown = null
function heat(canvas, m) {                                  // shares -> red speaks for, blue against
  canvas.width = D.grid[1]; canvas.height = D.grid[0]
  const c = canvas.getContext('2d'), im = c.createImageData(D.grid[1], D.grid[0])
  m.forEach((v, k) => im.data.set(v > 0 ? [214, 39, 40, Math.min(255, 2*v)] : [31, 90, 220, Math.min(255, -2*v)], 4*k))
  c.putImageData(im, 0, 0)
}
$$('canvas[data-s]').forEach(c => heat(c, D.shares[c.dataset.s][c.dataset.side]))
function side(name, b, m) {
  const f = $(`#${name}`), looks = $('#heat').checked && m
  f.hidden = !b; if (!b) return
  $('img', f).src = D.images[b.dataset.p]; $('img', f).alt = $('figcaption', f).textContent = b.dataset.cap
  $('.over', f).classList.toggle('gray', !!looks); $('canvas', f).hidden = !looks
  if (looks) heat($('canvas', f), m)
}
function open_big(b) {
  shown = b
  const q = $('.k-query', b.parentElement), s = D.shares[b.dataset.s]
  side('left', q !== b && q, s && s.a); side('right', b, s && s.b)
  $('#says').textContent = s ? s.says : ''
  $('#heatbox').hidden = !s
  if (!big.open) big.showModal()
  $('#prev').disabled = !beside(b, 'ArrowLeft'); $('#next').disabled = !beside(b, 'ArrowRight')
  if (document.activeElement.disabled) $('#close').focus()
}
function step(key) { const b = beside(shown, key); if (b) { stop_at(b); open_big(b) } }
$('#heat').addEventListener('change', () => open_big(shown))
$('#prev').addEventListener('click', () => step('ArrowLeft')); $('#next').addEventListener('click', () => step('ArrowRight'))
$('#close').addEventListener('click', () => big.close())
big.addEventListener('click', e => { if (e.target === big) big.close() })
big.addEventListener('close', () => shown.focus())
big.addEventListener('keydown', e => { if (beside(shown, e.key)) { step(e.key); e.preventDefault() } })

// The map: a point an image; colour and shape say who
const SHAPES = ['M-1 0a1 1 0 1 0 2 0a1 1 0 1 0 -2 0', 'M-.9-.9h1.8v1.8h-1.8z', 'M0-1.2L1.1 .8h-2.2z', 'M0-1.2L1 0L0 1.2L-1 0z'], NS = 'http://www.w3.org/2000/svg'
const COLORS = ['#2b7bd4', '#d4752b', '#2a9d4a', '#c03fb7', '#948000', '#6b70e0', '#d1495b', '#12879b', '#8a8f96', '#96663d']
const M = D.map
const buttons = (id, all) => `<div id="${id}" class="tools">${Object.entries(all).map(([k, v]) => `<button type="button" value="${k}">${v}</button>`).join('')}</div>`
if (M) $('#map').insertAdjacentHTML('beforeend', `<div class="tools">${buttons('mapby', M.fields)}${buttons('maphow', {tsne: 't-SNE', pca: 'PCA'})}</div>
  <div class="map"><svg id="points" viewBox="0 0 100 100" tabindex="0" role="application" aria-label="Map of embeddings: arrow keys go from point to point, Enter shows the image"></svg>
  <div><div id="point" aria-live="polite"></div><ul id="mapkey"></ul>
  <p id="repeats" class="soft" hidden>More names than 40 marks: colours and shapes repeat.</p></div></div>`)
const svg = $('#points')
let how = 'tsne', by = 'pid', at = 0
function svg_node(tag, attrs) { const o = document.createElementNS(NS, tag); Object.entries(attrs).forEach(([k, v]) => o.setAttribute(k, v)); return o }
const ring = svg_node('circle', {r: 2.2})
function mark(k) { return svg_node('path', {d: SHAPES[Math.floor(k/COLORS.length + k) % SHAPES.length], fill: COLORS[k % COLORS.length]}) }
function key_item(name, k, n) {
  const li = document.createElement('li'), s = svg_node('svg', {viewBox: '-1.3 -1.3 2.6 2.6'})
  s.append(mark(k)); li.append(s, `${name} (${n})`); return li
}
function paint() {
  const all = M.points.map(p => p[by]), names = [...new Set(all)].sort((a, b) => a.localeCompare(b, undefined, {numeric: true}))
  svg.replaceChildren(...M.points.map((p, j) => {
    const e = mark(names.indexOf(p[by])); e.setAttribute('transform', `translate(${p[how][0]} ${p[how][1]})`)
    e.addEventListener('pointerenter', () => point(j)); e.addEventListener('click', () => { point(j); open_big($('#point .pic')) }); return e }), ring)
  $('#mapkey').replaceChildren(...names.map((v, k) => key_item(v, k, all.filter(o => o === v).length)))
  $('#repeats').hidden = names.length <= SHAPES.length*COLORS.length
  $$('#mapby button').forEach(b => b.setAttribute('aria-pressed', b.value === by)); $$('#maphow button').forEach(b => b.setAttribute('aria-pressed', b.value === how))
  point(at)
}
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
    if (d) { walk(...d); e.preventDefault() } else if (e.key === 'Enter' || e.key === ' ') { open_big($('#point .pic')); e.preventDefault() } })
  paint()
}
const copy = $('#copy'); if (copy) copy.addEventListener('click', () => {
  getSelection().selectAllChildren($('#command'))             // selected where copying is not allowed
  const say = t => copy.textContent = t
  navigator.clipboard ? navigator.clipboard.writeText($('#command').textContent).then(() => say('copied'), () => say('selected')) : say('selected') })
