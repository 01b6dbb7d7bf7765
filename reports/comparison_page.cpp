#include "reports/comparison_page.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "reports/html_figures.hpp"
#include "reports/html_style.hpp"
#include "reports/html_tables.hpp"
#include "reports/html_text.hpp"

namespace lvtino {
namespace {

using html::escape;
using html::show;
using html::value_or_null;

std::string boxed(const std::string& table) {
  return "<div class=\"scroll\" tabindex=\"0\"><table>" + table + "</table></div>";
}

std::string number_cell(const std::string& content) {
  return "<td class=\"number\">" + content + "</td>";
}

std::string heading(const std::vector<std::string>& columns) {
  std::string out = "<thead><tr><th scope=\"col\">method</th>";
  for (const std::string& column : columns)
    out += "<th scope=\"col\" class=\"number\">" + escape(column) + "</th>";
  return out + "</tr></thead>";
}

// The value of a measure in one column of a row: a clip, or the average.
Json value_at(const Json& row, const std::string& clip, const std::string& measure) {
  const Json& values = clip.empty() ? row["average"] : value_or_null(row["clips"], clip);
  return values.is_null() ? Json() : value_or_null(values, measure);
}

std::string measure_table(const Json& result, const std::string& measure) {
  const html::MetricWords words = html::metric_words(measure, Json::object());
  std::vector<std::string> columns = result["clips"], titles = columns;
  if (columns.size() > 1) columns.push_back(""), titles.push_back("average");
  std::vector<double> best(columns.size(), NAN);
  for (const Json& row : result["rows"])
    for (std::size_t c = 0; c < columns.size(); ++c)
      if (const Json value = value_at(row, columns[c], measure); value.is_number())
        if (const double x = value; !(words.higher_is_better ? x <= best[c] : x >= best[c]))
          best[c] = x;
  std::string body = "<tbody>";
  for (const Json& row : result["rows"]) {
    body += "<tr><th scope=\"row\">" + show(row["label"]) + "</th>";
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const Json value = value_at(row, columns[c], measure);
      if (!value.is_number()) {
        body += number_cell("–");
        continue;
      }
      const std::string shown = html::fixed(value, words.digits);
      // Values that print alike are equally good.
      body += number_cell(
          shown == html::fixed(best[c], words.digits) ? "<strong>" + shown + "</strong>" : shown);
    }
    body += "</tr>";
  }
  return text("<h2>", escape(words.title), words.unit.empty() ? "" : ", " + words.unit,
              words.higher_is_better ? " ↑" : " ↓", "</h2>",
              boxed(heading(titles) + body + "</tbody>"));
}

// Means over the clips of what a method cost.
std::string cost_table(const Json& context) {
  std::string body = "<tbody>";
  for (const Json& row : context["rows"]) {
    double video = 0, image = 0, seconds = 0, peak = 0;
    const auto clips = double(row["clips"].size());
    for (const auto& [clip, cost] : row["clips"].items()) {
      video += cost["video"].get<double>() / clips, image += cost["image"].get<double>() / clips;
      seconds += cost["seconds"].get<double>() / clips;
      peak = std::max(peak, cost["peak_bytes"].get<double>());
    }
    body += "<tr><th scope=\"row\">" + show(row["label"]) + "</th>" +
            number_cell(html::fixed(video, 0)) + number_cell(html::fixed(image, 0)) +
            number_cell(html::seconds_in_words(seconds)) + number_cell(html::bytes_in_words(peak)) +
            "</tr>";
  }
  return "<h2>Cost</h2>" +
         boxed(heading({"video evaluations", "image evaluations", "time", "peak memory"}) + body +
               "</tbody>") +
         "<p class=\"quiet\">Evaluations and time of the sampler, means over the clips; memory of "
         "the process, the most.</p>";
}

}  // namespace

std::string comparison_page(const Json& comparison, const std::vector<Figure>& figures) {
  const Json& result = comparison["result"];
  std::string out;
  for (const Json& measure : result["measures"])
    out += "<section>" + measure_table(result, measure.get<std::string>()) + "</section>\n";
  out += "<section>" + cost_table(comparison["context"]) + "</section>\n";
  return html::page(show(result["title"]), html::notes(result["notes"]),
                    out + html::figure_sections(figures));
}

void write_comparison(const std::string& folder, const Json& comparison,
                      const std::vector<Figure>& figures) {
  const std::string page = comparison_page(comparison, figures);
  make_folder(folder);
  write_file(folder + "/comparison.json",
             comparison.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  write_file(folder + "/comparison.html", page);
}

}  // namespace lvtino
