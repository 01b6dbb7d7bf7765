#include "reports/html.hpp"

#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "reports/curves.hpp"
#include "reports/html_figures.hpp"
#include "reports/html_style.hpp"
#include "reports/html_tables.hpp"
#include "reports/html_text.hpp"
#include "reports/report_schema.hpp"

namespace lvtino {
namespace {

using html::escape;
using html::show;

std::string section(const std::string& title, const std::string& content) {
  return content.empty() ? ""
                         : "<section><h2>" + escape(title) + "</h2>" + content + "</section>\n";
}

std::string subsection(const std::string& title, const std::string& content) {
  return content.empty() ? "" : "<h3>" + escape(title) + "</h3>" + content;
}

std::string charts(const Json& methods) {
  std::vector<std::string> names;
  for (const Json& method : methods)
    for (const auto& [name, metric] : method["metrics"].items())
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  std::string out;
  for (const std::string& name : names) {
    std::vector<html::Curve> curves;
    html::MetricWords words;
    for (const Json& method : methods) {
      const Json& metric = html::value_or_null(method["metrics"], name);
      if (metric.is_null() || metric["per_frame"].empty()) continue;
      words = html::metric_words(name, metric);
      html::Curve curve{method["label"].get<std::string>(), {}};
      for (const Json& value : metric["per_frame"])
        curve.values.push_back(value.is_null() ? NAN : value.get<double>());
      curves.push_back(std::move(curve));
    }
    if (!curves.empty())
      out += html::line_chart(words.title + (words.unit.empty() ? "" : ", " + words.unit), curves,
                              words.digits);
  }
  return out.empty() ? "" : "<div class=\"charts\">" + out + "</div>";
}

std::string law_summary(const Json& laws) {
  if (laws.empty()) return "";
  std::int64_t failed = 0;
  for (const Json& law : laws) failed += law["passed"] == false;
  return failed == 0 ? text("<p>All ", laws.size(), " laws hold within their bounds.</p>")
                     : text("<p><span class=\"bad\">", failed, " of ", laws.size(),
                            " laws FAILED.</span></p>");
}

std::string step_summary(const Json& steps) {
  std::int64_t failed = 0;
  for (const Json& step : steps) failed += html::value_or_null(step, "converged") == false;
  return failed == 0 ? ""
                     : text("<p><span class=\"bad\">", failed, failed == 1 ? " solve" : " solves",
                            " did NOT converge.</span></p>");
}

std::string folded(const std::string& title, const std::string& content) {
  return "<details><summary>" + escape(title) + "</summary>" + content + "</details>";
}

}  // namespace

std::string html_page(const Json& report, const std::vector<Figure>& figures) {
  check_report(report);
  const Json& result = report["result"];
  const Json& context = report["context"];
  const std::string spec = result["spec"].dump(2, ' ', false, Json::error_handler_t::replace);
  std::string out = section("Quality", html::metrics_table(result["methods"]));
  out += html::figure_sections(figures);
  out += section("Quality of each frame", charts(result["methods"]));
  out += section("Measurement", html::key_value_table(result["measurement"]) +
                                    subsection("Shapes", html::key_value_table(result["shapes"])));
  const Json& samples = html::value_or_null(result, "samples");
  if (samples.is_object() && samples.value("count", 1) > 1)
    out += section("Samples", html::key_value_table(samples));
  out += section("Steps", step_summary(result["steps"]) + html::step_table(result["steps"]));
  out += section("Laws", law_summary(result["laws"]) + html::law_table(result["laws"]));
  out += section("Time and memory", html::time_table(context));
  out += section("To run it again",
                 folded("Resolved specification", "<pre>" + escape(spec) + "</pre>") +
                     folded("Hashes (SHA-256)", html::key_value_table(result["hashes"])) +
                     folded("Host and versions", html::key_value_table(context["host"]) +
                                                     html::key_value_table(context["versions"])));
  return html::page(
      show(result["title"]),
      "<p class=\"sentence\">" + show(result["sentence"]) + "</p>" + html::notes(result["notes"]),
      out);
}

}  // namespace lvtino
