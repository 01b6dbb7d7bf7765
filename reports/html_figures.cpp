#include "reports/html_figures.hpp"

#include "lvtino/core/error.hpp"
#include "reports/html_text.hpp"

namespace lvtino::html {
namespace {

constexpr std::int64_t kCoarseWidth = 400;  // narrower pictures are enlarged by the page

std::string figure_html(const Figure& figure) {
  return text("<figure><img", figure.image.size(-1) < kCoarseWidth ? " class=\"coarse\"" : "",
              " width=\"", figure.image.size(-1), "\" height=\"", figure.image.size(-2),
              "\" alt=\"", escape(figure.group + ": " + figure.caption), "\" src=\"",
              data_uri(figure.image), "\"><figcaption>", escape(figure.caption),
              "</figcaption></figure>");
}

}  // namespace

std::string figure_sections(const std::vector<Figure>& figures) {
  std::vector<std::string> groups;
  for (const Figure& figure : figures)
    if (std::find(groups.begin(), groups.end(), figure.group) == groups.end())
      groups.push_back(figure.group);
  std::string out;
  for (const std::string& group : groups) {
    std::string content = "<div class=\"figures\">";
    for (const Figure& figure : figures)
      if (figure.group == group) content += figure_html(figure);
    out += "<section><h2>" + escape(group) + "</h2>" + content + "</div></section>\n";
  }
  return out;
}

}  // namespace lvtino::html
