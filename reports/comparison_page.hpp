#pragma once

#include <string>
#include <vector>

#include "lvtino/core/json.hpp"
#include "reports/figures.hpp"

namespace lvtino {

/// The page of a comparison of methods (lvtino/comparison.hpp): a table a measure, methods by clips
/// with the average and the best of each column emphasised; what each method costs; the pictures.
/// Like `html_page` one file that fetches nothing.
std::string comparison_page(const Json& comparison, const std::vector<Figure>& figures);

/// Writes comparison.json and comparison.html into `folder`. Each file appears only when it is
/// complete. Throws IoError.
void write_comparison(const std::string& folder, const Json& comparison,
                      const std::vector<Figure>& figures);

}  // namespace lvtino
