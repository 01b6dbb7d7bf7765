#include "benchmarks/networks.hpp"

#include <dlfcn.h>

#include <iomanip>
#include <nlohmann/json.hpp>

#include "lvtino/core/compute_device.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/meter.hpp"
#include "lvtino/core/operation_count.hpp"
#include "priors/network_source.hpp"
#include "priors/networks/sdxl_unet.hpp"
#include "priors/networks/sdxl_vae.hpp"
#include "priors/networks/wan_transformer.hpp"
#include "priors/networks/wan_vae.hpp"
#include "priors/nn/fused.hpp"
#include "priors/nn/recorded_pass.hpp"

namespace lvtino {
namespace {

constexpr double kGigabyte = 1e9, kTera = 1e12;

// Work on a GPU is only begun when a call returns; reading one number waits for it.
void wait_for(const Tensor& x) { x.flatten()[0].item<double>(); }

// Bytes of the GPU that are taken, by whoever: the process has it alone in a measurement.
double device_bytes() {
  using Query = int (*)(std::size_t*, std::size_t*);
  const auto query = reinterpret_cast<Query>(dlsym(RTLD_DEFAULT, "cudaMemGetInfo"));
  std::size_t free = 0, total = 0;
  return query && query(&free, &total) == 0 ? double(total - free) : 0;
}

// Largest difference relative to the largest number.
double apart(const Tensor& x, const Tensor& y) {
  const Tensor a = x.to(at::kFloat), b = y.to(at::kFloat);
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

Tensor noise(const Shape& shape, const Placement& placement) {
  return device_normal(shape, {at::kFloat, placement.device}, 1).to(placement.dtype);
}

// Operations a second of a large matrix product, which is what networks consist of: the fastest of
// several.
double product_rate(const Placement& compute) {
  const std::int64_t n = compute.device.is_cuda() ? 8192 : 2048;
  const Tensor a = noise({n, n}, compute), b = noise({n, n}, compute);
  double least = 0;
  for (int i = 0; i < 6; ++i) {
    const Clock clock;
    wait_for(at::mm(a, b));
    const double took = clock.seconds();
    least = i < 2 ? took : std::min(least, took);
  }
  return 2. * double(n) * double(n) * double(n) / least;
}

// Of several passes the least, the first apart, which warms up.
struct Least {
  double first = -1, seconds = 0, processor = 0;

  void add(const std::function<Tensor()>& pass, Tensor& result) {
    const Clock clock;
    const ProcessorClock work;
    wait_for(result = pass());
    const double took = clock.seconds(), busy = work.seconds();
    const bool fresh = first < 0 || passes_ == 1;
    if (first < 0) first = took;
    seconds = fresh ? took : std::min(seconds, took);
    processor = fresh ? busy : std::min(processor, busy);
    ++passes_;
  }

 private:
  int passes_ = 0;
};

class Table {
 public:
  /// `rate`: operations a second of a matrix product.
  Table(std::ostream& out, const NetworkTimes& options, double rate)
      : out_(out), options_(options), rate_(rate) {
    out_ << std::left << std::setw(22) << "stage" << std::right << std::setw(12) << "first s"
         << std::setw(12) << "s" << std::setw(12) << "cpu s" << std::setw(12) << "GB";
    if (options_.device == "cuda") out_ << std::setw(12) << "taken GB";
    out_ << std::setw(12) << "TFLOP" << std::setw(12) << "TFLOP/s" << std::setw(12) << "share";
    if (options.both_paths)
      out_ << std::setw(12) << "plain s" << std::setw(12) << "plain cpu s" << std::setw(12)
           << "ratio" << std::setw(12) << "apart";
    out_ << std::endl;
  }

  bool wants(const std::string& stage) const {
    return stage.find(options_.only) != std::string::npos;
  }

  void row(const std::string& stage, const std::function<Tensor()>& pass) {
    if (!wants(stage)) return;
    Least fused, plain;
    Tensor result, plain_result;
    double operations = 0;
    for (int i = 0; i <= options_.repeats; ++i) {
      if (i == 0) {
        const OperationCount count;
        fused.add(pass, result);
        operations = count.operations();
      } else {
        fused.add(pass, result);
      }
      if (!options_.both_paths) continue;
      const nn::FastPath path(false);
      plain.add(pass, plain_result);
    }
    const double first = fused.first, least = fused.seconds, processor = fused.processor;
    const bool on_device = options_.device == "cuda";
    const auto bytes = double(on_device ? device_peak_bytes() : peak_resident_bytes());
    out_ << std::left << std::setw(22) << stage << std::right << std::fixed << std::setprecision(3)
         << std::setw(12) << first << std::setw(12) << least << std::setw(12) << processor
         << std::setprecision(2) << std::setw(12) << bytes / kGigabyte;
    if (on_device) out_ << std::setw(12) << device_bytes() / kGigabyte;
    out_ << std::setprecision(3) << std::setw(12) << operations / kTera << std::setw(12)
         << operations / least / kTera << std::setprecision(2) << std::setw(12)
         << operations / least / rate_;
    if (options_.both_paths)
      out_ << std::setprecision(3) << std::setw(12) << plain.seconds << std::setw(12)
           << plain.processor << std::setw(12) << plain.seconds / least << std::setw(12)
           << apart(result, plain_result);
    out_ << std::endl;
  }

 private:
  std::ostream& out_;
  const NetworkTimes& options_;
  double rate_;
};

template <class Network, class Config>
std::shared_ptr<const Network> untrained(const nn::Architecture& architecture, const Config& config,
                                         const Placement& compute) {
  const SpecReader spec(Json{{"weights", "random"}});
  return NetworkSource(spec, architecture, compute).make<Network>(config);
}

void time_video_networks(Table& table, const NetworkTimes& o, const Placement& compute) {
  const Shape latent = {1, 16, 1 + (o.frames - 1) / 4, o.height / 8, o.width / 8};
  const Tensor z = noise(latent, compute);
  if (table.wants("wan encode") || table.wants("wan decode")) {
    const auto vae = untrained<nn::WanVae>(nn::wan_vae_architecture(), nn::WanVaeConfig{}, compute);
    const nn::WanVaeWork work{.chunk = 1, .tile = o.tile};
    const Tensor video = noise({1, 3, o.frames, o.height, o.width}, compute).clamp_(-1, 1);
    table.row("wan encode", [&] { return vae->encode(video, work); });
    table.row("wan decode", [&] { return vae->decode(z, work); });
  }
  if (!table.wants("wan transformer")) return;
  const auto network = untrained<nn::WanTransformer>(nn::wan_transformer_architecture(),
                                                     nn::WanTransformerConfig{}, compute);
  const nn::WanContext context = network->context(noise({1, 8, 4096}, compute));
  const nn::WanTime time = network->time(at::full({1}, 757., at::kDouble));
  const nn::RecordedPass flow(
      [&](const std::vector<Tensor>& x) {
        return network->forward(x[0], {x[1], x[2]}, context);
      },
      o.graphs);
  table.row("wan transformer", [&] { return flow({z, time.embedding, time.modulation}); });
}

void time_image_networks(Table& table, const NetworkTimes& o, const Placement& compute) {
  const std::int64_t most = std::min(o.frames_at_once, o.frames);
  // All frames of the video, a batch at a time.
  const auto over_frames = [&](const std::function<Tensor(std::int64_t)>& pass) {
    Tensor last;
    for (std::int64_t first = 0; first < o.frames; first += most)
      last = pass(std::min(most, o.frames - first));
    return last;
  };
  const Tensor z = noise({most, 4, o.height / 8, o.width / 8}, compute);
  if (table.wants("sdxl encode") || table.wants("sdxl decode")) {
    const auto vae =
        untrained<nn::SdxlVae>(nn::sdxl_vae_architecture(), nn::SdxlVaeConfig{}, compute);
    const Tensor images = noise({most, 3, o.height, o.width}, compute);
    table.row("sdxl encode", [&] {
      return over_frames([&](std::int64_t n) { return vae->encode(images.narrow(0, 0, n)); });
    });
    table.row("sdxl decode", [&] {
      return over_frames([&](std::int64_t n) { return vae->decode(z.narrow(0, 0, n)); });
    });
  }
  if (!table.wants("sdxl unet")) return;
  const auto unet =
      untrained<nn::SdxlUnet>(nn::sdxl_unet_architecture(), nn::SdxlUnetConfig{}, compute);
  const auto h = double(o.height), w = double(o.width);
  const nn::SdxlContext context = unet->context(
      {noise({1, 77, 2048}, compute), noise({1, 1280}, compute),
       at::tensor(std::vector<double>{h, w, 0, 0, h, w}).view({1, 6}).to(compute.options())});
  const Tensor time = unet->time(374, context);
  const nn::RecordedPass epsilon(
      [&](const std::vector<Tensor>& x) { return unet->epsilon(x[0], x[1], context); }, o.graphs);
  table.row("sdxl unet", [&] {
    return over_frames([&](std::int64_t n) { return epsilon({z.narrow(0, 0, n), time}); });
  });
}

}  // namespace

void print_network_times(std::ostream& out, const NetworkTimes& options) {
  if (options.frames % 4 != 1 || options.height % 16 != 0 || options.width % 16 != 0)
    throw ShapeError(
        text("networks: expected 1 + 4 n frames, height and width multiples of 16, got ",
             options.frames, " x ", options.height, " x ", options.width));
  const at::Device device = open_device(options.device);
  const Placement compute{options.precision == "float32"    ? at::kFloat
                          : options.precision == "bfloat16" ? at::kBFloat16
                                                            : at::kHalf,
                          device};
  out << "networks with random weights, " << to_string(compute) << ", video " << options.frames
      << " x " << options.height << " x " << options.width << ", " << options.frames_at_once
      << " frames at a time in the image networks" << std::endl;
  const double rate = product_rate(compute);
  out << "a matrix product: " << std::fixed << std::setprecision(3) << rate / kTera
      << " TFLOP/s, of which \"share\" is" << std::endl;
  Table table(out, options, rate);
  time_video_networks(table, options, compute);
  time_image_networks(table, options, compute);
}

}  // namespace lvtino
