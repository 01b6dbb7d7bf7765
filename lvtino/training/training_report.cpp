#include "lvtino/training/training_report.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "reports/curves.hpp"
#include "reports/html_style.hpp"
#include "reports/html_tables.hpp"
#include "reports/html_text.hpp"

namespace lvtino::training {
namespace {

using html::Curve;
using html::escape;
using html::fixed;

std::vector<Curve> validation_curves(const Json& history, const char* what) {
  std::vector<Curve> curves;
  for (const Json& entry : history)
    for (std::size_t i = 0; i < entry["validation"].size(); ++i) {
      const Json& row = entry["validation"][i];
      if (curves.size() <= i) curves.push_back({text("sigma ", row["sigma"].get<double>()), {}});
      curves[i].values.push_back(row[what].get<double>());
    }
  return curves;
}

std::string validation_table(const Json& validation) {
  std::string out =
      "<table><tr><th>sigma</th><th>teacher, dB</th><th>student, dB</th><th>student's "
      "self-consistency</th></tr>";
  for (std::size_t i = 0; i < validation["student"].size(); ++i) {
    const Json& teacher = validation["teacher"][i];
    const Json& student = validation["student"][i];
    out += text("<tr><td>", student["sigma"].get<double>(), "</td><td>", fixed(teacher["psnr"], 2),
                "</td><td>", fixed(student["psnr"], 2), "</td><td>",
                fixed(student["consistency"], 3), "</td></tr>");
  }
  return out + "</table>";
}

std::string page(const std::string& name, const Json& report) {
  Curve loss{"loss", {}};
  for (const Json& entry : report["history"])
    loss.values.push_back(std::log10(entry["loss"].get<double>()));
  return text(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\"><title>Training of ",
      escape(name), "</title><style>", html::style_sheet(),
      "</style></head><body><main><h1>Training of ", escape(name),
      "</h1><p>A flow-matching teacher, then its consistency distillation; ",
      html::seconds_in_words(report["seconds"]), ". One point of a curve a validation (every ",
      report["spec"]["validation"]["every"].get<int>(), " steps).</p><h2>Loss</h2>",
      html::line_chart("log10 of the mean loss", {loss}, 2, "validation"),
      "<h2>Denoising of procedural clips that training never sees</h2>",
      html::line_chart("PSNR of one evaluation, dB", validation_curves(report["history"], "psnr"),
                       1, "validation"),
      validation_table(report["validation"]), "<h2>Spec</h2>",
      html::key_value_table(report["spec"]), "</main></body></html>\n");
}

}  // namespace

Json validation_json(const std::vector<ValidationRow>& rows) {
  Json out = Json::array();
  for (const ValidationRow& row : rows)
    out.push_back({{"sigma", row.sigma}, {"psnr", row.psnr}, {"consistency", row.consistency}});
  return out;
}

void write_training_report(const std::string& folder, const std::string& name, const Json& report) {
  namespace fs = std::filesystem;
  write_file((fs::path(folder) / "training.json").string(), report.dump(2) + "\n");
  write_file((fs::path(folder) / "training.html").string(), page(name, report));
}

}  // namespace lvtino::training
