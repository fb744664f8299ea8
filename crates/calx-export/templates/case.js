(function () {
'use strict';
// Everything that names regions carries data-regions: marks, statements, chips, lines of a key.
var page = document.documentElement;
page.classList.add('scripted');
var carriers = Array.from(document.querySelectorAll('[data-regions]'));
var live = document.getElementById('live');
var chosen = [];
var over = null;

function numbers(element) {
  return element.dataset.regions.split(' ').filter(function (n) { return n !== ''; });
}
function shares(a, b) {
  return a.some(function (n) { return b.includes(n); });
}
function isMark(element) {
  return element.classList.contains('region');
}

function paint() {
  var source = over === null ? null : over;
  var lit = source === null ? chosen : numbers(source);
  page.classList.toggle('has-lit', lit.length !== 0);
  carriers.forEach(function (element) {
    var own = numbers(element);
    element.classList.toggle('lit', shares(own, lit));
    if (isMark(element)) {
      element.classList.toggle('chosen', shares(own, chosen));
      element.setAttribute('aria-pressed', String(shares(own, chosen)));
    }
  });
}
function choose(list) {
  chosen = list;
  over = null;
  paint();
  if (live !== null) {
    live.textContent = list.length === 0 ? '' : 'Selected: ' + (list.length === 1 ? 'region ' : 'regions ') + list.join(', ');
  }
}
function reveal(element, smooth) {
  var still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  element.scrollIntoView({ block: 'center', inline: 'nearest', behavior: (smooth ? !still : false) ? 'smooth' : 'auto' });
}
function carrierOf(target) {
  return target instanceof Element ? target.closest('[data-regions]') : null;
}

document.addEventListener('pointerover', function (event) {
  if (event.pointerType === 'touch') { return; }
  over = carrierOf(event.target);
  paint();
});
document.addEventListener('pointerout', function (event) {
  if (event.relatedTarget === null) { over = null; paint(); }
});
document.addEventListener('focusin', function (event) {
  over = event.target.matches(':focus-visible') ? carrierOf(event.target) : null;
  paint();
});
document.addEventListener('focusout', function () { over = null; paint(); });

document.addEventListener('click', function (event) {
  var target = event.target;
  if (!(target instanceof Element)) { return; }
  var button = target.closest('button');
  if (button !== null) { press(button); return; }
  var carrier = carrierOf(target);
  var link = target.closest('a');
  if (carrier === null) {
    if (link === null) { choose([]); }
    return;
  }
  if (link !== null) {
    // The address changes too, so a second click on the same chip must select again.
    if (link.dataset.regions !== undefined || link.classList.contains('chip')) {
      event.preventDefault();
      go(link.getAttribute('href'), true);
    }
    return;
  }
  if (String(window.getSelection()) !== '') { return; }
  var own = numbers(carrier);
  choose(own.join(' ') === chosen.join(' ') ? [] : own);
});
document.addEventListener('keydown', function (event) {
  if (event.key === 'Escape') { choose([]); return; }
  var element = event.target;
  if (element instanceof Element) {
    if (element.matches('.region, .statement[data-regions]')) {
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault();
        var own = numbers(element);
        choose(own.join(' ') === chosen.join(' ') ? [] : own);
      }
    }
  }
});

// Show and hide: all marks of a figure, or one.
function press(button) {
  var was = button.getAttribute('aria-pressed') === 'true';
  button.setAttribute('aria-pressed', String(!was));
  if (button.dataset.stage !== undefined) {
    document.getElementById(button.dataset.stage).classList.toggle('unmarked', was);
  }
  if (button.dataset.hide !== undefined) {
    document.getElementById('region-' + button.dataset.hide).classList.toggle('hidden', !was);
    button.textContent = was ? 'Hide' : 'Show';
  }
}

// #region-3, #finding-2 and #statement-2-1 select and scroll.
function follow(smooth) {
  var id = decodeURIComponent(window.location.hash.slice(1));
  if (!/^(region-[0-9]+|finding-[0-9]+|statement-[0-9]+-[0-9]+)$/.test(id)) { return; }
  var element = document.getElementById(id);
  if (element === null) { return; }
  var list = [];
  var inside = Array.from(element.querySelectorAll('[data-regions]'));
  [element].concat(inside).forEach(function (e) {
    if (e.dataset.regions !== undefined) {
      numbers(e).forEach(function (n) { if (!list.includes(n)) { list.push(n); } });
    }
  });
  choose(list);
  reveal(isMark(element) ? element.closest('.stage') : element, smooth);
}
function go(hash, smooth) {
  if (window.location.hash === hash) { follow(smooth); } else { window.location.hash = hash; }
}
window.addEventListener('hashchange', function () { follow(true); });
follow(false);
}());
