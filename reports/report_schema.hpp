#pragma once

#include <string>

#include "lvtino/core/json.hpp"

namespace lvtino {

/// The JSON Schema (2020-12) of report.json, format "lvtino-report/1", as text.
const std::string& report_schema();

/// Compares a report with the schema: types, required and unexpected keys, fixed values. Throws
/// SpecError with the JSON pointer of the first violation.
void check_report(const Json& report);

}  // namespace lvtino
