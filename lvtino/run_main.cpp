// lvtino_run: experiments from a declarative spec. See docs/spec.md.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iomanip>
#include <iostream>

#include "lvtino/apply.hpp"
#include "lvtino/check.hpp"
#include "lvtino/comparison.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/core/heap.hpp"
#include "lvtino/core/parallel.hpp"
#include "lvtino/core/program.hpp"
#include "lvtino/device_check.hpp"
#include "lvtino/experiment.hpp"
#include "lvtino/fit_prior.hpp"
#include "lvtino/encode_prompt.hpp"
#include "lvtino/forward.hpp"
#include "lvtino/inspect.hpp"
#include "lvtino/memory_report.hpp"
#include "lvtino/parts.hpp"
#include "lvtino/schema.hpp"
#include "lvtino/video_reader.hpp"
#include "reports/comparison_page.hpp"
#include "reports/report_schema.hpp"
#include "validation/law.hpp"

namespace lvtino {
namespace {

struct Arguments {
  std::string spec, output, device;
  std::vector<std::string> changes, fit_prior;
  ApplyRequest apply;
  std::string inspect, key;
  std::string prompt;  // of --encode-prompt
  ForwardRequest forward;
  int threads = 0, frames = 25;
  bool compare = false, check = false, dry_run = false, list = false, schema = false, report_schema = false, resume = false, quiet = false;
};

// Where the joint proxes are computed, of a spec that names a GPU.
std::string device_line(const Experiment& experiment) {
  if (experiment.device == "cpu") return "";
  const std::string reason = experiment.plan.joint_refusal();
  return reason.empty() ? "joint prox      on the GPU; data proxes alone stay on the CPU\n"
                        : text("joint prox      on the CPU: ", reason, "\n");
}

std::string megabytes(std::int64_t bytes) { return text(bytes / (1 << 20), " MiB"); }

void print_plan(const Experiment& experiment) {
  const Plan& plan = experiment.plan;
  const auto steps = int(plan.sampler.steps.size());
  const int video = plan.video ? video_evaluations(plan.sampler) : 0;
  const int image = plan.image ? image_evaluations(plan.sampler) : 0;
  std::cout << experiment.resolved.dump(2) << "\n"
            << "clip            " << experiment.clip << ": " << experiment.video.origin << "\n"
            << "operator        " << plan.op->name() << "\n"
            << "domain          " << to_string(plan.domain) << " " << to_string(plan.placement) << "\n"
            << "measurement     " << plan.model->name() << "\n"
            << "range           " << to_string(plan.model->range()) << "\n"
            << "steps           " << steps << "\n"
            << "NFE             " << video + image << " (" << video << " video, " << image << " image)\n"
            << "memory          about " << megabytes(plan.estimated_bytes()) << " in arrays\n"
            << device_line(experiment) << memory_table(plan);
}

void print_result(const RunResult& result) {
  for (const Json& method : result.report["result"]["methods"]) {
    std::cout << "  " << std::left << std::setw(26) << method["label"].get<std::string>();
    for (const auto& [name, value] : method["metrics"].items())
      std::cout << "  " << name << " " << std::fixed << std::setprecision(name == "psnr" ? 2 : 4)
                << value["whole"].get<double>();
    std::cout << std::defaultfloat << "\n";
  }
  for (const Json& note : result.report["result"]["notes"]) std::cout << "  note: " << note.get<std::string>() << "\n";
  std::cout << "  report: " << (std::filesystem::path(result.folder) / "report.html").string() << "\n";
}

// Results of a clip of a list, and of a method of several, have a folder of their own.
std::string folder_of(const std::string& base, const std::string& clip, const std::string& method, bool several) {
  std::filesystem::path folder(base);
  if (several || !method.empty()) folder /= clip;
  if (!method.empty()) folder /= method;
  return folder.string();
}

bool check(const Experiment& experiment) {
  std::vector<LawReport> laws = check_laws(experiment);
  if (experiment.device != "cpu") {
    const std::vector<LawReport> more = check_device(experiment);
    laws.insert(laws.end(), more.begin(), more.end());
  }
  print_laws(std::cout, laws);
  return std::all_of(laws.begin(), laws.end(), [](const LawReport& law) { return law.passed; });
}

// Whether the folder holds the report of this very experiment.
bool is_done(const Experiment& experiment, const std::string& folder) {
  const auto file = (std::filesystem::path(folder) / "report.json").string();
  return std::filesystem::exists(file) && read_json_file(file)["result"]["spec"] == experiment.resolved;
}

bool restore(const Arguments& arguments, const Experiment& experiment, const std::string& folder) {
  if (arguments.resume && is_done(experiment, folder)) {
    std::cout << "  already in " << folder << "\n";
    return true;
  }
  const RunOptions options{.output = folder,
                           .resume = arguments.resume,
                           .progress = !arguments.quiet,
                           .interrupted = stop_asked};
  const RunResult result = run_experiment(experiment, options);
  print_result(result);
  const Json& laws = result.report["result"]["laws"];
  return std::all_of(laws.begin(), laws.end(), [](const Json& law) { return law["passed"] == true; });
}

void compare(const std::string& title, const std::string& base, const std::vector<std::string>& clips,
             const std::vector<Method>& methods) {
  std::vector<FinishedRun> runs;
  for (const std::string& clip : clips)
    for (const Method& method : methods)
      runs.push_back(read_finished_run(folder_of(base, clip, method.name, clips.size() > 1), clip, method.name, method.label));
  write_comparison(base, comparison_json(title, runs), comparison_figures(runs));
  std::cout << "comparison: " << (std::filesystem::path(base) / "comparison.html").string() << "\n";
}

int run_clips(const Arguments& arguments, const SpecFile& spec) {
  const std::vector<Method> methods = methods_of(spec);
  const std::vector<std::string> clips = clip_names(methods.front().spec);
  const bool compares = !methods.front().name.empty();
  for (const Method& method : methods)  // what cannot be read is known before anything is computed
    if (compares) read_experiment(method.spec, clips.front(), arguments.device);
  bool passed = true;
  std::string title, base;
  for (const std::string& clip : clips)
    for (const Method& method : methods) {
      const Experiment experiment = read_experiment(method.spec, clip, arguments.device);
      title = experiment.title;
      base = arguments.output.empty() ? experiment.output.folder : arguments.output;
      if (arguments.dry_run) {
        print_plan(experiment);
        continue;
      }
      if (!arguments.compare) {
        require_running_device(experiment.device);
        if (experiment.plan.video) experiment.plan.video->prepare();
        if (experiment.plan.image) experiment.plan.image->prepare();
      }
      std::cout << clip << ": " << experiment.title << (compares ? ": " + method.label : "") << std::endl;
      if (!arguments.compare) std::cout << device_line(experiment) << std::flush;
      if (arguments.check)
        passed = check(experiment) && passed;
      else if (!arguments.compare)
        passed = restore(arguments, experiment, folder_of(base, clip, method.name, clips.size() > 1)) && passed;
    }
  if (compares && !arguments.dry_run && !arguments.check) compare(title, base, clips, methods);
  return passed ? 0 : kFailure;
}

// A folder of clips (video files, or folders of pictures), or clips one by one.
std::vector<std::string> clip_paths(const std::vector<std::string>& given) {
  namespace fs = std::filesystem;
  std::vector<std::string> paths;
  for (const std::string& path : given) {
    if (!fs::exists(path)) throw IoError(text("no file or folder ", path));
    std::vector<std::string> inside;
    bool pictures = false;
    if (fs::is_directory(path))
      for (const auto& entry : fs::directory_iterator(path)) {
        const std::string kind = entry.path().extension().string();
        pictures = pictures || kind == ".png" || kind == ".jpg" || kind == ".jpeg" || kind == ".ppm";
        if (entry.is_directory() || kind != ".txt") inside.push_back(entry.path().string());
      }
    std::sort(inside.begin(), inside.end());
    if (pictures || !fs::is_directory(path)) inside = {path};
    paths.insert(paths.end(), inside.begin(), inside.end());
  }
  return paths;
}

int fit(const Arguments& arguments) {
  std::vector<Tensor> clips;
  for (const std::string& path : clip_paths(arguments.fit_prior)) {
    const auto reader = open_frames(path);
    std::vector<Tensor> frames;
    while (int(frames.size()) < arguments.frames && reader->advance()) frames.push_back(reader->frame());
    if (frames.empty()) throw IoError(text(path, ": holds no frame"));
    clips.push_back(at::stack(frames, 1).unsqueeze(0).contiguous());
    std::cerr << path << ": " << describe(clips.back()) << "\n";
  }
  const std::string fitted = fit_prior(clips).dump(2) + "\n";
  if (arguments.output.empty())
    std::cout << fitted;
  else
    write_file(arguments.output, fitted);
  return 0;
}

void forward(const Arguments& arguments) {
  ForwardRequest request = arguments.forward;
  request.in = arguments.apply.in;
  request.out = arguments.apply.out;
  forward_network(request);
}

int dispatch(const Arguments& arguments) {
  if (arguments.threads > 0) set_thread_count(arguments.threads);
  if (arguments.list) return print_tables(std::cout), 0;
  if (arguments.schema) return std::cout << spec_schema().dump(2) << "\n", 0;
  if (arguments.report_schema) return std::cout << report_schema(), 0;
  if (!arguments.fit_prior.empty()) return fit(arguments);
  if (!arguments.inspect.empty()) return inspect_weights(arguments.inspect, arguments.key, std::cout), 0;
  if (!arguments.forward.model.empty()) return forward(arguments), 0;
  if (!arguments.prompt.empty()) {
    const EncodedPrompt made = encode_prompt(arguments.prompt, arguments.apply.out);
    for (const std::string& note : made.notes) std::cout << "note: " << note << "\n";
    std::cout << arguments.apply.out << (made.computed ? "" : ": already there") << "\n";
    return 0;
  }
  if (arguments.spec.empty()) throw SpecError("", "expected a spec: lvtino_run SPEC.json (--help tells more)");
  const SpecFile spec = load_spec(arguments.spec, arguments.changes);
  if (!arguments.apply.what.empty()) return apply_piece(spec, arguments.apply), 0;
  return run_clips(arguments, spec);
}

}  // namespace
}  // namespace lvtino

int main(int argc, char** argv) {
  lvtino::Arguments arguments;
  CLI::App app("Zero-shot video restoration: degrade or read a clip, restore, measure, report.");
  app.set_version_flag("--version", LVTINO_VERSION);
  app.add_option("spec", arguments.spec, "specification (JSON); see docs/spec.md and examples/");
  app.add_option("--set", arguments.changes, "/json/pointer=value: change the spec (may be repeated)")
      ->take_all()
      ->allow_extra_args(false);
  app.add_flag("--check", arguments.check, "check the laws of all that the spec names, at its shapes");
  app.add_flag("--compare", arguments.compare, "only gather the finished runs of a spec with methods into its table again");
  app.add_flag("--dry-run", arguments.dry_run, "print the resolved spec, shapes, NFE, memory");
  app.add_flag("--list", arguments.list, "print every operator, prior, metric, ... with an example");
  app.add_flag("--schema", arguments.schema, "print the JSON Schema of the spec");
  app.add_flag("--report-schema", arguments.report_schema, "print the JSON Schema of report.json");
  app.add_option("--output", arguments.output, "folder of the results (--fit-prior: file)");
  app.add_option("--device", arguments.device, "cpu or cuda (of the joint proxes; with --check: the kernels of both); overrides the spec")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  app.add_option("--threads", arguments.threads, "of the CPU work; the result does not depend on it")
      ->check(CLI::Range(1, 1024));
  app.add_flag("--resume", arguments.resume, "go on from the last whole step of an interrupted run");
  app.add_flag("--quiet", arguments.quiet, "no progress bar");
  app.add_option("--apply", arguments.apply.what, "apply one piece of the spec to an array")
      ->check(CLI::IsMember(lvtino::apply_names()));
  app.add_option("--in", arguments.apply.in, "its input, .npy (--forward: .safetensors)");
  app.add_option("--out", arguments.apply.out, "its output, .npy (--forward, --encode-prompt: .safetensors)");
  app.add_option("--measurement", arguments.apply.measurement, "y of a data prox, .npy");
  app.add_option("--gamma", arguments.apply.gamma, "step of a prox");
  app.add_option("--shape", arguments.apply.shape, "C,T,H,W of the domain, where the input is a measurement");
  app.add_option("--step", arguments.apply.step, "step of the sampler whose noise time sae_* use");
  app.add_option("--fit-prior", arguments.fit_prior, "folder of clips: print Gaussian and heavy-tailed prior specs that fit");
  app.add_option("--frames", arguments.frames, "frames of each clip that --fit-prior takes")
      ->check(CLI::Range(1, 100000));
  app.add_option("--inspect", arguments.inspect,
                 "weight file (safetensors, index.json, torch): print what it holds and is recognised as");
  app.add_option("--key", arguments.key, "dictionary of the file that --inspect looks at");
  app.add_option("--forward", arguments.forward.model,
                 "MODEL.json: run the network that it describes once; see docs/networks_loading.md");
  app.add_option("--encode-prompt", arguments.prompt,
                 "PROMPT.json: write a prompt's embeddings, which the priors wan and sdxl name, to --out");
  app.add_option("--block", arguments.forward.block, "part of the network that --forward runs alone");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    return app.exit(failure) == 0 ? 0 : lvtino::kBadSpec;
  }
  lvtino::keep_heap_pages();
  lvtino::use_device_kernels();
  lvtino::listen_for_interrupts();
  const c10::InferenceMode inference;
  return lvtino::run_guarded("lvtino_run", [&] { return lvtino::dispatch(arguments); });
}
