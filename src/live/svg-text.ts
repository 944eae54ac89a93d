import type { Scene, Shape } from './shapes.js';

/**
 * A picture as a file that stands alone.
 *
 * @param css the style sheet of the picture
 * @param title what it shows, for people who do not see it
 */
export function svgText({ width, height, shapes }: Scene, css: string, title: string): string {
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
  return [
    `${head} class="picture alone" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${escaped(css)}</style>`,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    ...shapes.map(elementOf),
    '</svg>\n',
  ].join('\n');
}

function elementOf(shape: Shape): string {
  const { kind, look, title } = shape;
  const said = title === undefined ? '' : `<title>${escaped(title)}</title>`;
  switch (kind) {
    case 'rect':
      return `<rect class="${look}" x="${shape.x}" y="${shape.y}" width="${shape.width}" height="${shape.height}">${said}</rect>`;
    case 'path':
      return `<path class="${look}" d="${shape.d}">${said}</path>`;
    case 'text':
      return `<text class="${look}" x="${shape.x}" y="${shape.y}">${escaped(shape.text)}${said}</text>`;
  }
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Names come from clients and servers. Characters that XML cannot hold are left out. */
function escaped(text: string): string {
  // eslint-disable-next-line no-control-regex
  const allowed = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd');
  return allowed.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
