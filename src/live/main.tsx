import { render } from 'preact';
import { App } from './app.js';
import { follow, keepShowing } from './source.js';
import { Store } from './store.js';

const store = new Store();
const root = document.getElementById('page');
if (root !== null) render(<App store={store} />, root);
follow(store, '/live/events');
keepShowing(store);
