const $ = id => document.getElementById(id), root = document.documentElement, up = document.body.dataset.up
$('menu').onclick = e => e.target.setAttribute('aria-expanded', document.body.classList.toggle('menu'))
$('scheme').onclick = () => {
  const now = root.style.colorScheme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')
  localStorage.scheme = root.style.colorScheme = now == 'dark' ? 'light' : 'dark'
}
// Search: every word must occur in page title + heading; headings that begin with it come first
$('q').oninput = () => {
  const words = $('q').value.toLowerCase().split(/\s+/).filter(Boolean)
  const hits = !words.length ? [] : INDEX
    .filter(([, title, , head]) => words.every(w => (title + ' ' + head).toLowerCase().includes(w)))
    .sort((a, b) => b[3].toLowerCase().startsWith(words[0]) - a[3].toLowerCase().startsWith(words[0])).slice(0, 12)
  $('hits').replaceChildren(...hits.map(([page, title, id, head]) => {
    const a = document.createElement('a'), small = document.createElement('small')
    a.href = up + page + (id && '#' + id)
    a.textContent = id ? head : title
    small.textContent = id ? title : head
    a.append(small)
    return a
  }))
}
$('q').onkeydown = e => { if (e.key == 'Enter') $('hits').querySelector('a')?.click() }
$('hits').onclick = () => { $('q').value = ''; $('hits').replaceChildren() }
onkeydown = e => {
  if (e.key == '/' && e.target.tagName != 'INPUT') { e.preventDefault(); $('q').focus() }
  if (e.key == 'Escape') $('hits').onclick()
}
// The heading that is being read, in the table of contents
const marks = new IntersectionObserver(es => es.forEach(e => {
  if (!e.isIntersecting) return
  document.querySelectorAll('#toc a').forEach(a => a.classList.toggle('here', a.hash == '#' + e.target.id))
}), { rootMargin: '-60px 0px -75% 0px' })
document.querySelectorAll('main :is(h2, h3)[id]').forEach(h => marks.observe(h))
