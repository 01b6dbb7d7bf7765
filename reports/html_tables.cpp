#include "reports/html_tables.hpp"

#include <nlohmann/json.hpp>
#include <vector>

#include "lvtino/core/error.hpp"
#include "reports/html_text.hpp"

namespace lvtino::html {
namespace {

struct Column {
  std::string key, title;
  bool number = false;
  bool long_text = false;
};

std::string header_row(const std::vector<Column>& columns) {
  std::string out = "<thead><tr>";
  for (const Column& column : columns)
    out += text("<th scope=\"col\"", column.number ? " class=\"number\"" : "", ">",
                escape(column.title), "</th>");
  return out + "</tr></thead>";
}

std::string cell(const std::string& content, bool number) {
  return text("<td", number ? " class=\"number\"" : "", ">", content, "</td>");
}

std::string boxed(const std::string& table) {
  return "<div class=\"scroll\" tabindex=\"0\"><table>" + table + "</table></div>";
}

std::vector<std::string> metric_names(const Json& methods) {
  std::vector<std::string> names;
  for (const Json& method : methods)
    for (const auto& [name, metric] : method["metrics"].items())
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  return names;
}

const Json& metric_of(const Json& method, const std::string& name) {
  return value_or_null(method["metrics"], name);
}

// An infinite value is null in JSON: it is a metric's best.
double value_of(const Json& metric, bool higher_is_better) {
  const Json& whole = metric["whole"];
  return whole.is_null() ? (higher_is_better ? INFINITY : -INFINITY) : whole.get<double>();
}

std::string metric_cell(const Json& metric, const MetricWords& words, double best) {
  if (metric.is_null()) return cell("–", true);
  const double value = value_of(metric, words.higher_is_better);
  const std::string number = std::isinf(value) ? "∞" : fixed(value, words.digits);
  // Values that print alike are equally good.
  const bool is_best = value == best || number == fixed(best, words.digits);
  return cell(is_best ? "<strong>" + number + "</strong>" : number, true);
}

// Columns in which no row has a value are left out.
std::string plain_table(const Json& rows, const std::vector<Column>& columns) {
  std::vector<Column> used;
  for (const Column& column : columns)
    for (const Json& row : rows)
      if (const Json& value = value_or_null(row, column.key); !value.is_null() && value != "") {
        used.push_back(column);
        break;
      }
  std::string out = header_row(used) + "<tbody>";
  for (const Json& row : rows) {
    out += "<tr>";
    for (const Column& column : used) {
      const Json& value = value_or_null(row, column.key);
      std::string content = show(value);
      if (column.key == "converged" && value == false) content = "<span class=\"bad\">NO</span>";
      if (column.key == "passed")
        content = value == true ? "<span class=\"good\">passed</span>"
                                : "<span class=\"bad\">FAILED</span>";
      out += column.long_text ? "<td class=\"long\">" + content + "</td>"
                              : cell(content, column.number);
    }
    out += "</tr>";
  }
  return boxed(out + "</tbody>");
}

void flatten(const Json& object, const std::string& prefix, std::string& rows) {
  for (const auto& [key, value] : object.items()) {
    if (value.is_object() && !value.empty()) {
      flatten(value, prefix + key + ".", rows);
    } else {
      rows += text("<tr><th scope=\"row\">", escape(prefix + key), "</th><td class=\"value\">",
                   show(value), "</td></tr>");
    }
  }
}

}  // namespace

MetricWords metric_words(const std::string& name, const Json& metric) {
  MetricWords words{.title = name};
  if (name == "psnr")
    words = {"PSNR", "dB", "from the squared error over all pixels and frames", 2, true};
  if (name == "ssim") words = {"SSIM", "", "mean over frames", 4, true};
  if (name == "st_lpips") words = {"ST-LPIPS", "", "mean over frames", 4, false};
  if (name == "vmaf") words = {"VMAF", "", "mean over frames", 1, true};
  if (const Json& said = value_or_null(metric, "averaging"); said.is_string())
    words.averaging = said;
  if (const Json& said = value_or_null(metric, "higher_is_better"); said.is_boolean())
    words.higher_is_better = said;
  return words;
}

std::string metrics_table(const Json& methods) {
  const std::vector<std::string> names = metric_names(methods);
  if (names.empty()) return "";
  std::vector<Column> columns{{"", "method"}};
  std::vector<double> best;
  std::vector<MetricWords> all_words;
  std::string averaging;
  for (const std::string& name : names) {
    MetricWords words{.title = name};
    double extreme = NAN;
    for (const Json& method : methods) {
      const Json& metric = metric_of(method, name);
      if (metric.is_null()) continue;
      words = metric_words(name, metric);
      const double value = value_of(metric, words.higher_is_better);
      if (std::isnan(extreme) || (words.higher_is_better ? value > extreme : value < extreme))
        extreme = value;
    }
    columns.push_back({"",
                       text(words.title, words.unit.empty() ? "" : ", " + words.unit,
                            words.higher_is_better ? " ↑" : " ↓"),
                       true});
    if (!words.averaging.empty())
      averaging += text(averaging.empty() ? "" : "; ", words.title, ": ", words.averaging);
    best.push_back(extreme), all_words.push_back(words);
  }
  std::string body = "<tbody>";
  for (const Json& method : methods) {
    body += text("<tr><th scope=\"row\">", show(method["label"]), "</th>");
    for (std::size_t i = 0; i < names.size(); ++i)
      body += metric_cell(metric_of(method, names[i]), all_words[i], best[i]);
    body += "</tr>";
  }
  return boxed(header_row(columns) + body + "</tbody>") +
         text(
             "<p class=\"quiet\">The best value of a column is in bold; an arrow points to "
             "better. ",
             averaging.empty() ? "" : "Whole clip: " + escape(averaging) + ".", "</p>");
}

std::string step_table(const Json& steps) {
  if (steps.empty()) return "";
  return plain_table(steps, {{"step", "step", true},
                             {"part", "part"},
                             {"t", "t", true},
                             {"noise", "noise", true},
                             {"residual", "residual", true},
                             {"gap", "gap", true},
                             {"iterations", "iterations", true},
                             {"converged", "converged"},
                             {"message", "message", false, true}});
}

std::string law_table(const Json& laws) {
  if (laws.empty()) return "";
  return plain_table(laws, {{"subject", "subject"},
                            {"law", "law"},
                            {"passed", "result"},
                            {"residual", "residual", true},
                            {"bound", "bound", true},
                            {"witness", "witness", false, true}});
}

std::string time_table(const Json& context) {
  std::string body = "<tbody>";
  for (const Json& stage : context["stages"])
    body += "<tr>" + cell(show(stage["name"]), false) + cell(show(stage["calls"]), true) +
            cell(seconds_in_words(stage["seconds"].get<double>()), true) +
            cell(bytes_in_words(stage["peak_bytes"].get<double>()), true) + "</tr>";
  std::string out;
  if (!context["stages"].empty())
    out = boxed(
        header_row(
            {{"", "stage"}, {"", "calls", true}, {"", "time", true}, {"", "peak memory", true}}) +
        body + "</tbody>");
  std::string steps;
  for (const Json& seconds : value_or_null(context, "step_seconds"))
    steps += (steps.empty() ? "" : ", ") + seconds_in_words(seconds.get<double>());
  out += "<p class=\"quiet\">" + text("In all ", seconds_in_words(context["seconds"].get<double>()),
                                      " on ", show(context["threads"]),
                                      context["threads"] == 1 ? " thread" : " threads",
                                      ", started ", show(context["started"]), ".");
  return out + (steps.empty() ? "" : " The parts of the steps in order: " + steps + ".") + "</p>";
}

std::string key_value_table(const Json& object) {
  if (object.empty()) return "";
  std::string rows;
  flatten(object, "", rows);
  return "<div class=\"scroll\" tabindex=\"0\"><table class=\"pairs\"><tbody>" + rows +
         "</tbody></table></div>";
}

}  // namespace lvtino::html
