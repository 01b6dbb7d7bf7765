#pragma once

#include <string>
#include <vector>

#include "lvtino/core/json.hpp"
#include "reports/figures.hpp"

namespace lvtino {

/// Writes report.json (indented by 2) and report.html into `folder`, which is made if need be. Each
/// file appears only when it is complete; nothing is written if the report does not follow its
/// schema. Throws SpecError, ShapeError, IoError.
void write_report(const std::string& folder, const Json& report,
                  const std::vector<Figure>& figures);

}  // namespace lvtino
