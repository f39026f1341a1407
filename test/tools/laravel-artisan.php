#!/usr/bin/env php
<?php
// `artisan` of a project that has Laravel's console and database without its framework: the same commands, made by hand.
// Debian's packages name their dependencies by absolute paths, so they are loaded by class name.

use Illuminate\Console\Application;
use Illuminate\Container\Container;
use Illuminate\Contracts\Console\Kernel;
use Illuminate\Database\Capsule\Manager;
use Illuminate\Database\Console\Migrations;
use Illuminate\Database\Migrations\DatabaseMigrationRepository;
use Illuminate\Database\Migrations\Migrator;
use Illuminate\Events\Dispatcher;
use Illuminate\Filesystem\Filesystem;
use Illuminate\Support\Facades\Facade;

spl_autoload_register(function (string $class): void {
    $path = strtr($class, '\\', '/') . '.php';
    // some packages put their classes into the name space of another
    foreach (['Support', 'Collections', 'Macroable', 'Conditionable'] as $package) {
        $place = preg_replace('#^Illuminate/Support/#', "Illuminate/$package/", $path);
        $file = stream_resolve_include_path($place);
        if ($file !== false) {
            require_once $file;
            return;
        }
    }
});
foreach (['Illuminate/Collections', 'Illuminate/Support', 'Laravel/Prompts'] as $package) {
    require_once "$package/helpers.php";
}
require_once 'Symfony/Contracts/Deprecation/function.php';
require_once 'Symfony/Component/String/Resources/functions.php';
require_once 'Termwind/Functions.php';

class Project extends Container
{
    public function environment(): string
    {
        return 'local';
    }

    public function runningUnitTests(): bool
    {
        return false;
    }

    public function databasePath(): string
    {
        return __DIR__ . '/database';
    }
}

function database_path(string $path): string
{
    return __DIR__ . "/database/$path";
}

$project = new Project();
Container::setInstance($project);
$manager = new Manager($project);
$manager->addConnection(json_decode(getenv('CONNECTION'), true));
$databases = $manager->getDatabaseManager();
$project->instance('db', $databases);
Facade::setFacadeApplication($project);

$events = new Dispatcher($project);
$repository = new DatabaseMigrationRepository($databases, 'migrations');
$migrator = new Migrator($repository, $databases, new Filesystem(), $events);
$artisan = new Application($project, $events, '10');
$artisan->setAutoExit(true);
foreach ([
    new Migrations\InstallCommand($repository),
    new Migrations\MigrateCommand($migrator, $events),
    new Migrations\RollbackCommand($migrator),
] as $command) {
    $artisan->add($command);
}
$artisan->run();
