#include "reports/report_writer.hpp"

#include <nlohmann/json.hpp>

#include "lvtino/core/file.hpp"
#include "reports/html.hpp"

namespace lvtino {

void write_report(const std::string& folder, const Json& report,
                  const std::vector<Figure>& figures) {
  const std::string page = html_page(report, figures);
  make_folder(folder);
  write_file(folder + "/report.json",
             report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  write_file(folder + "/report.html", page);
}

}  // namespace lvtino
