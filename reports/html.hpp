#pragma once

#include <string>
#include <vector>

#include "lvtino/core/json.hpp"
#include "reports/figures.hpp"

namespace lvtino {

/// The page of a report: one file that fetches nothing, readable from 320 px on, light and dark.
/// Figures appear in the order given, those of one group side by side under its name.
/// Throws SpecError if the report does not follow its schema (report_schema.hpp), ShapeError for an
/// unfit figure.
std::string html_page(const Json& report, const std::vector<Figure>& figures);

}  // namespace lvtino
