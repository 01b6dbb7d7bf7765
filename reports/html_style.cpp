#include "reports/html_style.hpp"

namespace lvtino::html {

std::string_view style_sheet() {
  return R"CSS(
:root { color-scheme: light dark;
  --page: #ffffff; --ink: #1c1e21; --quiet: #5c6269; --rule: #dfe2e6; --soft: #f4f5f7;
  --good: #1a6b3c; --bad: #b3261e;
  --s0: #1f5fbf; --s1: #b4540a; --s2: #2e7d4f; --s3: #8a3fa0; --s4: #6b7280; --s5: #a3122f; }
@media (prefers-color-scheme: dark) { :root {
  --page: #15171a; --ink: #e4e6e9; --quiet: #9aa1a9; --rule: #33373d; --soft: #1e2125;
  --good: #6cc793; --bad: #ff8a80;
  --s0: #7db0ff; --s1: #f2a65a; --s2: #72cf98; --s3: #d49be8; --s4: #a7adb6; --s5: #ff8fa3; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1140px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 40px 0 12px; padding-bottom: 4px; border-bottom: 1px solid var(--rule); }
h3 { font-size: .95rem; margin: 24px 0 8px; }
p { margin: 8px 0; max-width: 75ch; overflow-wrap: anywhere; }
.sentence { font-size: 1.05rem; }
.quiet { color: var(--quiet); font-size: .875rem; }
.notes { margin: 16px 0 0; padding: 10px 16px; background: var(--soft); border-left: 3px solid var(--quiet);
  list-style: none; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 16px 5px 0; text-align: left; vertical-align: baseline;
  border-bottom: 1px solid var(--rule); }
thead th { color: var(--quiet); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 400; }
.number { text-align: right; white-space: nowrap; padding-left: 8px; }
.pairs th { color: var(--quiet); white-space: nowrap; }
td { white-space: nowrap; }
.value, .long { white-space: normal; overflow-wrap: anywhere; min-width: 12em; }
.long { min-width: 18em; }
.good { color: var(--good); }
.bad { color: var(--bad); font-weight: 700; }
.figures { display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); }
figure { margin: 0; min-width: 0; }
figure img { display: block; width: 100%; height: auto; background: var(--soft); }
.coarse { image-rendering: pixelated; }
figcaption { font-size: .85rem; color: var(--quiet); margin-top: 4px; overflow-wrap: anywhere; }
.charts { display: grid; gap: 24px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); }
.chart { min-width: 0; max-width: 640px; }
.chart > svg { display: block; width: 100%; height: auto; }
svg text { font-size: 11px; fill: var(--quiet); }
svg .grid { stroke: var(--rule); stroke-width: 1; }
svg .axis { stroke: var(--quiet); stroke-width: 1; }
svg path { fill: none; stroke-width: 2; stroke-linejoin: round; }
svg circle { stroke: none; }
.series-0 path { stroke: var(--s0); } .series-0 circle { fill: var(--s0); }
.series-1 path { stroke: var(--s1); stroke-dasharray: 7 3; } .series-1 circle { fill: var(--s1); }
.series-2 path { stroke: var(--s2); stroke-dasharray: 2 3; } .series-2 circle { fill: var(--s2); }
.series-3 path { stroke: var(--s3); stroke-dasharray: 10 3 2 3; } .series-3 circle { fill: var(--s3); }
.series-4 path { stroke: var(--s4); stroke-dasharray: 4 4; } .series-4 circle { fill: var(--s4); }
.series-5 path { stroke: var(--s5); stroke-dasharray: 12 4; } .series-5 circle { fill: var(--s5); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 4px 0 0; padding: 0; list-style: none;
  font-size: .85rem; }
.legend li { display: flex; align-items: center; gap: 8px; overflow-wrap: anywhere; }
.legend svg { flex: none; }
details { margin-top: 12px; }
summary { cursor: pointer; }
pre { overflow-x: auto; padding: 12px; background: var(--soft); font-size: .8rem; line-height: 1.4; }
@media (max-width: 560px) { main { padding: 20px 16px 48px; } h1 { font-size: 1.35rem; } th, td { padding-right: 12px; } }
@media print { details { display: block; } main { max-width: none; } }
)CSS";
}

std::string page(const std::string& title, const std::string& header, const std::string& body) {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<link rel=\"icon\" href=\"data:,\"><title>" +
      title + "</title><style>";
  out += style_sheet();
  out += "</style></head><body><main>\n<header><h1>" + title + "</h1>" + header + "</header>\n";
  return out + body + "</main></body></html>\n";
}

}  // namespace lvtino::html
