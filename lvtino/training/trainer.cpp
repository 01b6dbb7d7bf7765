#include "lvtino/training/trainer.hpp"

#include <filesystem>
#include <iomanip>
#include <nlohmann/json.hpp>

#include "lvtino/core/compute_device.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/core/meter.hpp"
#include "lvtino/core/progress.hpp"
#include "lvtino/core/sha256.hpp"
#include "lvtino/training/examples.hpp"
#include "lvtino/training/optimizer.hpp"
#include "lvtino/training/training_report.hpp"

namespace lvtino::training {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kWarmUp = 100;  // steps until the learning rate is at its peak
constexpr double kLastRate = 0.03;     // of the peak, at the end of a phase
constexpr std::int64_t kLossesListed = 100;

std::string digest_of(const std::string& words) {
  return Sha256().update(words.data(), words.size()).hex();
}

// Linear warm-up, then half a cosine.
double learning_rate(const PhaseSpec& phase, std::int64_t step) {
  const std::int64_t warm_up = std::clamp<std::int64_t>(phase.steps / 5, 1, kWarmUp);
  const double warm = std::min(1.0, double(step + 1) / double(warm_up));
  const double done = double(step) / double(std::max<std::int64_t>(1, phase.steps));
  return phase.learning_rate * warm *
         (kLastRate + (1 - kLastRate) * (0.5 + 0.5 * std::cos(3.14159265358979 * done)));
}

// One training: its state, and what it has told so far.
class Training {
 public:
  Training(const TrainingSpec& spec, const TrainerOptions& options)
      : spec_(spec),
        options_(options),
        rng_(Rng(spec.seed).fork("training")),
        device_(open_device(spec.device)),
        examples_(spec, rng_, device_),
        levels_(distillation_levels(spec.range, spec.levels)),
        state_(first_parameters()),
        validation_clips_(ExampleStream::validation(spec, device_)) {}

  void run() {
    if (options_.resume && fs::exists(checkpoint_path())) restore();
    Progress progress(options_.progress);
    Clock since_checkpoint;
    for (; step_ < spec_.steps(); ++step_) {
      if (options_.interrupted() || since_checkpoint.seconds() > options_.checkpoint_seconds) {
        save();
        since_checkpoint = Clock();
        if (options_.interrupted()) throw Interrupted("interrupted");
      }
      if (step_ == spec_.teacher.steps) begin_student();
      progress.show(double(step_) / double(spec_.steps()),
                    text(spec_.name, ": step ", step_, " of ", spec_.steps(), ", loss ",
                         std::setprecision(4), running_));
      take_step();
      if ((step_ + 1) % spec_.report_every == 0) report_progress();
    }
    if (spec_.student.steps == 0) begin_student();
    progress.clear();
  }

  Json finish() {
    const nn::ConsistencyNetwork student = averaged();
    const std::map<std::string, std::string> notes = {{"training_spec", spec_.resolved},
                                                      {"seed", text(spec_.seed)}};
    nn::write_network((fs::path(spec_.output) / (spec_.name + ".safetensors")).string(), student,
                      notes);
    const auto rows = [&](const nn::ConsistencyNetwork& network) {
      return validation_json(
          validate(network, &teacher_, validation_clips_, spec_.validation_sigmas, spec_.compute));
    };
    const Json report = {{"spec", parse_json(spec_.resolved, "training spec")},
                         {"losses", first_losses_},
                         {"history", history_},
                         {"validation", {{"teacher", rows(teacher_)}, {"student", rows(student)}}},
                         {"seconds", seconds_ + clock_.seconds()}};
    write_training_report(spec_.output, spec_.name, report);
    fs::remove(checkpoint_path());
    return report;
  }

 private:
  nn::NamedTensors first_parameters() const {
    nn::ConsistencyNetwork network{spec_.network, {}, spec_.range};
    if (spec_.initial.empty()) {
      network.parameters = nn::pyramid_parameters(spec_.network, rng_.fork("parameters"));
    } else {
      network.parameters = nn::read_network(spec_.initial).parameters;
      nn::require_pyramid(spec_.network, network.parameters, spec_.initial);
    }
    return nn::to_device(network, device_).parameters;
  }

  std::string checkpoint_path() const {
    return (fs::path(spec_.output) / "checkpoint.safetensors").string();
  }

  bool in_student() const { return step_ >= spec_.teacher.steps; }

  nn::ConsistencyNetwork present() const {
    return {spec_.network, state_.parameters(), spec_.range};
  }
  nn::ConsistencyNetwork averaged() const { return {spec_.network, state_.average(), spec_.range}; }

  // The teacher is what training has reached; the student starts from it.
  void begin_student() {
    teacher_ = {spec_.network, {}, spec_.range};
    for (const auto& [name, value] : state_.average()) teacher_.parameters[name] = value.clone();
    nn::write_network((fs::path(spec_.output) / "teacher.safetensors").string(), teacher_,
                      {{"training_spec", spec_.resolved}});
    state_ = TrainingState(teacher_.parameters);
  }

  void take_step() {
    const PhaseSpec& phase = in_student() ? spec_.student : spec_.teacher;
    const nn::ConsistencyNetwork network = present();
    // A GPU is quick with many examples at once, the caches of a CPU with one.
    const std::int64_t together = device_.is_cpu() ? 1 : phase.examples;
    double sum = 0;
    for (std::int64_t i = 0; i < phase.examples; i += together) {
      const ExampleBatch batch = examples_from(i, together);
      const Tensor loss = in_student()
                              ? student_loss(network, teacher_, batch, levels_, spec_.compute)
                              : teacher_loss(network, batch, spec_.compute);
      loss.mul(double(together) / double(phase.examples)).backward();
      sum += loss.item<double>() * double(together);
    }
    const double mean = sum / double(phase.examples);
    if (!std::isfinite(mean))
      throw NumericalError(text("training: the loss of step ", step_, " is not finite"));
    const std::int64_t of_phase = in_student() ? step_ - spec_.teacher.steps : step_;
    const double norm = state_.step(
        {.learning_rate = learning_rate(phase, of_phase), .average_decay = phase.average_decay});
    if (!std::isfinite(norm))
      throw NumericalError(text("training: the gradient of step ", step_, " is not finite"));
    running_ = step_ == 0 ? mean : 0.98 * running_ + 0.02 * mean;
    if (step_ < kLossesListed) first_losses_.push_back(mean);
    window_ += mean, ++in_window_;
  }

  ExampleBatch examples_from(std::int64_t first, std::int64_t count) {
    ExampleBatch batch;
    std::vector<Tensor> frames;
    for (std::int64_t i = first; i < first + count; ++i) {
      frames.push_back(examples_.example(step_, i));
      batch.rngs.push_back(rng_.fork("objective", step_).fork("index", i));
    }
    batch.frames = count == 1 ? frames[0] : at::cat(frames);
    return batch;
  }

  void report_progress() {
    const auto rows = validate(averaged(), in_student() ? &teacher_ : nullptr, validation_clips_,
                               spec_.validation_sigmas, spec_.compute);
    history_.push_back({{"step", step_ + 1},
                        {"phase", in_student() ? "student" : "teacher"},
                        {"loss", window_ / double(in_window_)},
                        {"validation", validation_json(rows)}});
    window_ = 0, in_window_ = 0;
    if (!options_.log) return;
    *options_.log << spec_.name << " " << step_ + 1 << "/" << spec_.steps() << " loss "
                  << std::setprecision(5) << history_.back()["loss"].get<double>() << " psnr";
    for (const ValidationRow& row : rows)
      *options_.log << " " << row.sigma << ":" << std::setprecision(4) << row.psnr;
    if (in_student())
      for (const ValidationRow& row : rows)
        *options_.log << " c" << row.sigma << ":" << std::setprecision(3) << row.consistency;
    *options_.log << " seconds " << std::setprecision(6)
                  << std::round(10 * (seconds_ + clock_.seconds())) / 10 << std::endl;
  }

  void save() const {
    nn::SafetensorsFile file;
    state_.save(file.tensors);
    for (const auto& [name, value] : teacher_.parameters)
      file.tensors["teacher/" + name] = value.cpu();
    file.metadata["progress"] = Json{{"key", digest_of(spec_.resolved)},
                                     {"step", step_},
                                     {"steps_of_state", state_.steps()},
                                     {"running", running_},
                                     {"window", window_},
                                     {"in_window", in_window_},
                                     {"losses", first_losses_},
                                     {"history", history_},
                                     {"seconds", seconds_ + clock_.seconds()}}
                                    .dump();
    nn::write_safetensors(checkpoint_path(), file);
  }

  void restore() {
    const nn::SafetensorsFile file = nn::read_safetensors(checkpoint_path());
    const auto found = file.metadata.find("progress");
    if (found == file.metadata.end())
      throw IoError(text(checkpoint_path(), ": no progress is noted in it"));
    const Json progress = parse_json(found->second, checkpoint_path());
    if (progress.at("key") != digest_of(spec_.resolved))
      throw SpecError(
          "", text("the checkpoint ", checkpoint_path(), " belongs to another training spec"));
    step_ = progress.at("step"), running_ = progress.at("running"), window_ = progress.at("window");
    in_window_ = progress.at("in_window"), first_losses_ = progress.at("losses");
    history_ = progress.at("history"), seconds_ = progress.at("seconds");
    nn::NamedTensors tensors;
    for (const auto& [name, value] : file.tensors) tensors[name] = value.to(device_);
    state_ = TrainingState::restore(tensors, progress.at("steps_of_state"));
    teacher_ = {spec_.network, {}, spec_.range};
    for (const auto& [name, value] : tensors)
      if (name.rfind("teacher/", 0) == 0) teacher_.parameters[name.substr(8)] = value;
  }

  const TrainingSpec& spec_;
  const TrainerOptions& options_;
  Rng rng_;
  at::Device device_;
  ExampleStream examples_;
  std::vector<double> levels_;
  TrainingState state_;
  nn::ConsistencyNetwork teacher_;
  std::vector<Tensor> validation_clips_;
  std::int64_t step_ = 0;
  double running_ = 0, window_ = 0, seconds_ = 0;
  std::int64_t in_window_ = 0;
  Json first_losses_ = Json::array(), history_ = Json::array();
  Clock clock_;
};

}  // namespace

Json train(const TrainingSpec& spec, const TrainerOptions& options) {
  make_folder(spec.output);
  Training training(spec, options);
  training.run();
  return training.finish();
}

}  // namespace lvtino::training
