#pragma once

#include <string>
#include <vector>

#include "lvtino/spec_file.hpp"
#include "reports/figures.hpp"

namespace lvtino {

/// One of the ways to restore that a spec compares.
struct Method {
  std::string name;   ///< of its folder; empty for the only one
  std::string label;  ///< in tables
  SpecFile spec;      ///< the common spec with the method's changes worked in
};

/// The methods of a spec: entries {"name", "label", "set"} of its key "methods", where "set" is laid
/// over the spec as a spec is over its preset; without that key the spec itself, nameless.
/// Throws SpecError.
std::vector<Method> methods_of(const SpecFile& spec);

/// JSON Schema of the key "methods".
Json methods_schema();

/// A finished run as the comparison sees it: its report, and perceptual.json where
/// reports/perceptual.py has written one (else null).
struct FinishedRun {
  std::string clip, method, label, folder;
  Json report, perceptual;
};

/// Reads what a run left in `folder`. Throws IoError if there is no report.
FinishedRun read_finished_run(const std::string& folder, const std::string& clip,
                              const std::string& method, const std::string& label);

/// One table over all runs: {"format": "lvtino-comparison/1", "result": {"title", "clips",
/// "measures", "rows", "notes"}, "context": {"rows"}}. A row is a method, the mean of its samples,
/// or a baseline (taken from the first method of a clip); its "average" is over the clips, where it
/// has all of them. Notes name methods that did not see the same measurement, and solves that did
/// not converge.
Json comparison_json(const std::string& title, const std::vector<FinishedRun>& runs);

/// The middle frame of every row, clip by clip, where the runs kept their videos as .npy.
std::vector<Figure> comparison_figures(const std::vector<FinishedRun>& runs);

}  // namespace lvtino
