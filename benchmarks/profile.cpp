#include "benchmarks/profile.hpp"

#include <unistd.h>

#include <filesystem>
#include <iomanip>

#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "lvtino/experiment.hpp"
#include "lvtino/parts.hpp"

namespace lvtino {
namespace {

namespace fs = std::filesystem;

class TemporaryFolder {
 public:
  TemporaryFolder() : path_(fs::temp_directory_path() / text("lvtino_profile_", ::getpid())) {}
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

Json profile_clip(const SpecFile& spec, const std::string& clip) {
  const Experiment experiment = read_experiment(spec, clip);
  const TemporaryFolder folder;
  const RunResult result = run_experiment(experiment, {.output = folder.path(), .progress = false});
  const Json& context = result.report.at("context");
  const int steps = int(experiment.plan.sampler.steps.size());
  return {{"clip", clip},
          {"domain", experiment.plan.domain},
          {"threads", thread_count()},
          {"steps", steps},
          {"video_evaluations", experiment.plan.video ? video_evaluations(experiment.plan.sampler) : 0},
          {"image_evaluations", experiment.plan.image ? image_evaluations(experiment.plan.sampler) : 0},
          {"seconds", context.at("seconds")},
          {"estimated_bytes", experiment.plan.estimated_bytes()},
          {"stages", context.at("stages")}};
}

}  // namespace

Json profile_spec(const std::string& path, const std::vector<std::string>& changes) {
  const SpecFile spec = load_spec(path, changes);
  Json out = Json::array();
  for (const std::string& clip : clip_names(spec)) out.push_back(profile_clip(spec, clip));
  return out;
}

void print_profile(std::ostream& out, const Json& profile) {
  for (const Json& clip : profile) {
    out << clip["clip"].get<std::string>() << ": " << clip["domain"].dump() << ", "
        << clip["threads"] << " threads, " << clip["steps"] << " steps\n"
        << std::left << std::setw(16) << "stage" << std::right << std::setw(8) << "calls"
        << std::setw(12) << "seconds" << std::setw(12) << "peak MiB"
        << "\n";
    for (const Json& stage : clip["stages"])
      out << std::left << std::setw(16) << stage["name"].get<std::string>() << std::right
          << std::setw(8) << stage["calls"].get<std::int64_t>() << std::setw(12) << std::fixed
          << std::setprecision(3) << stage["seconds"].get<double>() << std::setw(12)
          << stage["peak_bytes"].get<std::int64_t>() / (1 << 20) << "\n";
    const int video = clip["video_evaluations"], image = clip["image_evaluations"];
    out << "NFE " << video + image << " (" << video << " video, " << image << " image), "
        << clip["seconds"].get<double>() << " s in all, arrays estimated at "
        << clip["estimated_bytes"].get<std::int64_t>() / (1 << 20) << " MiB\n";
  }
}

}  // namespace lvtino
