// Looked for in every page; each function returns what is wrong, as text, a few at most.

const main = '[data-testid=stMain]';
const box = e => e.getBoundingClientRect();
const visible = e => getComputedStyle(e).visibility !== 'hidden' && getComputedStyle(e).opacity !== '0'
  && !e.closest('details:not([open]) > :not(summary)');
const words = e => `"${e.textContent.slice(0, 30) || e.outerHTML.slice(0, 90)}"`;
const inChart = e => e.closest('.modebar, svg');

function overflow() {
  return [...document.querySelectorAll('body *')]
    .filter(e => box(e).width > 0 && box(e).right > innerWidth + 1 && visible(e))
    .filter(e => e.type !== 'range')  // a slider's own input, which only screen readers see
    .filter(e => !e.closest('[data-testid=stSidebar], pre, [role=tooltip]'))
    .slice(0, 5).map(e => `${e.tagName} ${e.textContent.slice(0, 40)}`);
}

function overlap() {
  const things = [...document.querySelectorAll(`${main} :is(button, a, input, textarea, h1, h2)`)]
    .filter(e => visible(e) && box(e).width > 2 && box(e).height > 2 && !inChart(e))
    .filter(e => e.type !== 'range');  // as above: what is seen of a slider is its track and thumb
  const hits = [];
  for (const [i, e] of things.entries()) for (const f of things.slice(i + 1)) {
    if (e.contains(f) || f.contains(e) || e.closest('[data-testid]') === f.closest('[data-testid]')) continue;
    const a = box(e), b = box(f);
    const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (width > 2 && height > 2) hits.push(`${words(e)} and ${words(f)}`);
  }
  return hits.slice(0, 5);
}

// WCAG 2.2: 4.5 to 1 for text, 3 to 1 for large text, with every translucent layer and opacity counted in.
function contrast() {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const read = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return {rgb: [r, g, b], a: a / 255};
  };
  const over = (top, under) => top.rgb.map((v, i) => v * top.a + under[i] * (1 - top.a));
  const parents = e => { const line = []; for (let n = e; n; n = n.parentElement) line.unshift(n); return line; };
  // A slider's value hangs from its thumb and stands above it: only what lies under the middle of a word is behind it.
  const under = (e, n) => { const a = box(e), b = box(n), x = (a.left + a.right) / 2, y = (a.top + a.bottom) / 2;
    return b.left <= x && x <= b.right && b.top <= y && y <= b.bottom; };
  const behind = e => parents(e).filter(n => n === document.body || under(e, n)).map(n => read(getComputedStyle(n).backgroundColor))
    .reduce((under, layer) => over(layer, under), [255, 255, 255]);
  const linear = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const luminance = rgb => rgb.reduce((sum, v, i) => sum + linear(v) * [0.2126, 0.7152, 0.0722][i], 0);
  const own = e => [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.textContent.trim()).join('');
  const weak = new Set();
  for (const e of document.querySelectorAll('[data-testid=stApp] *')) {
    if (!own(e) || !box(e).width || !visible(e)) continue;
    if (e.closest('svg, style, [disabled], [aria-disabled=true], [data-testid=stIconMaterial]')) continue;
    const opacity = parents(e).reduce((all, n) => all * Number(getComputedStyle(n).opacity), 1);
    if (!opacity) continue;
    const style = getComputedStyle(e), page = behind(e), colour = read(style.color);
    const ink = over({rgb: colour.rgb, a: colour.a * opacity}, page);
    const [high, low] = [luminance(ink), luminance(page)].sort((x, y) => y - x);
    const ratio = (high + 0.05) / (low + 0.05), size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) weak.add(`${ratio.toFixed(2)} "${own(e).slice(0, 40)}"`);
  }
  return [...weak].slice(0, 8);
}

// What a screen reader would have no word for.
function unnamed() {
  const name = e => e.getAttribute('aria-label') || e.alt || e.title || e.textContent.trim()
    || e.labels?.length || e.getAttribute('aria-labelledby');
  const things = [...document.querySelectorAll(`${main} :is(button, a[href], input, img)`)]
    .filter(e => box(e).width && e.type !== 'file' && !inChart(e) && !name(e));
  const charts = [...document.querySelectorAll('[data-testid=stPlotlyChart]')]
    .filter(e => !e.querySelector('[aria-label]') && !e.closest('[aria-label]'));
  return [...things, ...charts].slice(0, 5).map(e => e.outerHTML.slice(0, 160));
}
