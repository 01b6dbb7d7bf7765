#pragma once

#include <string>

#include "lvtino/core/json.hpp"

/// The tables of the page, each drawn from its part of the report; empty text where there is
/// nothing to show.
namespace lvtino::html {

/// Methods by metrics, the best value of a column emphasised, with a line on averaging.
std::string metrics_table(const Json& methods);

/// One row a half-step. A step that did not converge says so in words.
std::string step_table(const Json& steps);

/// One row a law: passed or FAILED in words.
std::string law_table(const Json& laws);

/// Time and peak memory of the stages, and of each step.
std::string time_table(const Json& context);

/// Keys and values of one object; nested objects are joined with a dot.
std::string key_value_table(const Json& object);

/// How a metric is presented. Metrics that are not known here, and have no "averaging" in the
/// report, show their name alone.
struct MetricWords {
  std::string title, unit, averaging;
  int digits = 4;
  bool higher_is_better = true;
};
MetricWords metric_words(const std::string& name, const Json& metric);

}  // namespace lvtino::html
